// Pages that came back: files dropped on the page, and the tray by keyboard. Both work without script.
"use strict";

const drop = document.getElementById("drop");
if (drop) {
  drop.querySelector(".drop-says").hidden = false;
  const over = (is) => (event) => {
    event.preventDefault();
    drop.classList.toggle("is-over", is);
  };
  drop.addEventListener("dragenter", over(true));
  drop.addEventListener("dragover", over(true));
  drop.addEventListener("dragleave", over(false));
  drop.addEventListener("drop", (event) => {
    over(false)(event);
    if (!event.dataTransfer.files.length) return;
    drop.querySelector("input[type=file]").files = event.dataTransfer.files;
    drop.requestSubmit();
  });
}

const field = document.getElementById("q");
const assign = document.getElementById("assign");
if (field && assign) {
  const choices = () => [...assign.querySelectorAll("input[type=radio]")];
  const choose = (choice) => {
    choice.checked = true;
    choice.focus();
  };
  const setAside = (event) => {
    event.preventDefault();
    document.getElementById("aside").requestSubmit();
  };

  field.addEventListener("keydown", (event) => {
    if (event.key === "Delete" && !field.value) setAside(event);
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const found = choices();
    if (found.length) choose(found.find((each) => each.checked) || found[0]);
  });

  assign.addEventListener("keydown", (event) => {
    if (!event.target.matches("input[type=radio]")) return;
    if (event.key === "Escape") {
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === "Delete") {
      setAside(event);
    } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
      // Typing goes on narrowing the list.
      field.focus();
    }
  });
}
