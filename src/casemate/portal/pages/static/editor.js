// The field for programs: colours beneath the text, and Tab indents. Without this it is a plain field.
"use strict";

const field = document.getElementById("text");
const beneath = document.getElementById("coloured");
const keys = document.getElementById("text-keys");

if (field && beneath) {
  field.parentElement.classList.add("works");
  keys.hidden = false;

  // The new text stands there at once; its colours follow from the server.
  field.addEventListener("input", () => { beneath.textContent = field.value + "\n"; });
  const follow = () => { beneath.scrollTop = field.scrollTop; beneath.scrollLeft = field.scrollLeft; };
  field.addEventListener("scroll", follow);
  beneath.addEventListener("htmx:afterSwap", follow);

  // An answer that comes after more was typed is of another text.
  beneath.addEventListener("htmx:beforeRequest", (event) => { event.detail.xhr.asked = field.value; });
  beneath.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.asked !== field.value || event.detail.xhr.status !== 200) event.detail.shouldSwap = false;
  });

  // Tab indents, until Escape is pressed: then it leaves the field, as it does everywhere else.
  let leaves = false;
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { leaves = true; return; }
    if (event.key !== "Tab" || event.shiftKey || leaves || event.ctrlKey || event.altKey || event.metaKey) {
      if (event.key !== "Tab" && event.key !== "Shift") leaves = false;
      return;
    }
    event.preventDefault();
    field.setRangeText("    ", field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.addEventListener("blur", () => { leaves = false; });
}
