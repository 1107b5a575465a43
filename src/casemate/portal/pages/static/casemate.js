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
