// What a page gains from script; every page works without it.
"use strict";

// A second click on a submit button sends nothing twice. The server would refuse it too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});

// Coming back by the browser's own button shows a form that may be sent again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// A form swapped in by htmx may be sent again as well, and its mistakes get the focus.
document.addEventListener("htmx:afterSwap", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  document.querySelector(".mistakes")?.focus();
});
