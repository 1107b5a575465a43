// What pages do more of where JavaScript runs. Without it everything works by links, forms and reloads.
"use strict";

// After a form was refused, a screen reader begins at what was wrong.
document.querySelector("[data-focus]")?.focus();

// A form that is sent twice by a double click is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent === "yes") event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// Answers that are errors are shown too: the server says in them what to do.
document.addEventListener("htmx:beforeSwap", (event) => {
  const status = event.detail.xhr.status;
  if (status === 422 || status === 409 || status === 403) event.detail.shouldSwap = true;
});

// A defined term opens under the pointer too; it stays while the pointer is on it, and Escape closes it.
let leaving = 0;
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch" || !(event.target instanceof Element)) return;
  const term = event.target.closest(".term");
  if (event.target.closest(".meaning")) clearTimeout(leaving);
  const meaning = term && document.getElementById(term.getAttribute("popovertarget"));
  if (!meaning || !meaning.showPopover || meaning.matches(":popover-open")) return;
  clearTimeout(leaving);
  meaning.showPopover();
  const place = term.getBoundingClientRect();
  meaning.style.inset = "auto";
  meaning.style.margin = "0";
  meaning.style.top = `${Math.min(place.bottom + 4, Math.max(8, innerHeight - meaning.offsetHeight - 8))}px`;
  meaning.style.left = `${Math.max(8, Math.min(place.left, innerWidth - meaning.offsetWidth - 8))}px`;
});
document.addEventListener("pointerout", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest(".term, .meaning")) return;
  clearTimeout(leaving);
  leaving = setTimeout(() => {
    const open = document.querySelector(".meaning:popover-open");
    if (open && !open.matches(":hover, :focus-within")) open.hidePopover();
  }, 400);
});

// A slider says the day that it stands on.
document.addEventListener("input", (event) => {
  const slider = event.target;
  if (slider.type !== "range" || !slider.list) return;
  const day = slider.list.options[slider.value - slider.min]?.label;
  if (day) slider.setAttribute("aria-valuetext", day);
});
