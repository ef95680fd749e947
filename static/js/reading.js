// Pages of a document load as one comes near them; the way on opens when every page was shown.
"use strict";

(() => {
  const bar = document.querySelector("[data-read-bar]");
  const sheets = [...document.querySelectorAll("[data-sheets] figure")];
  const on = document.querySelector("[data-read-on]");
  const said = document.querySelector("[data-read-said]");
  if (!bar || !sheets.length) return;
  const next = document.querySelector("[data-read-next]");
  const shown = new Set();

  const tell = () => {
    if (!on || bar.dataset.whole === "yes") return;
    const left = sheets.length - shown.size;
    on.hidden = left > 0;
    const text = left ? `Read to the end to sign: ${shown.size} of ${sheets.length} pages shown.` : "You have seen every page.";
    if (said.textContent !== text) said.textContent = text;
    const first = sheets.findIndex((figure) => !shown.has(figure.id));
    next.hidden = first < 0;
    next.href = `#page-${first + 1}`;
    next.textContent = `Go to page ${first + 1}`;
  };

  const load = (figure) => {
    const image = figure.querySelector("img[data-src]");
    const failed = figure.querySelector(".not-shown");
    image.onload = () => {
      failed.hidden = true;
      image.setAttribute("width", image.naturalWidth);
      image.setAttribute("height", image.naturalHeight);
      shown.add(figure.id);
      tell();
    };
    image.onerror = () => { failed.hidden = false; };
    image.src = image.dataset.src;
  };

  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      load(entry.target);
    }
  }, { rootMargin: "200px" });

  for (const figure of sheets) {
    figure.querySelector(".not-shown button").addEventListener("click", () => {
      const image = figure.querySelector("img[data-src]");
      image.removeAttribute("src");
      load(figure);
    });
    near.observe(figure);
  }
  tell();
})();
