// The box to sign in: strokes of points, x and y in parts of its width, kept in a hidden field. Typing works without.
"use strict";

(() => {
  const form = document.querySelector("[data-signing]");
  if (!form) return;
  const pad = form.querySelector("[data-pad]");
  const field = form.querySelector('input[name="strokes"]');
  const said = form.querySelector("[data-pad-said]");
  const drawn = form.querySelector("[data-draw]");
  const typed = form.querySelector("[data-type]");
  const ways = [...form.querySelectorAll('input[name="how"]')];
  const WIDTH = 1000;
  const CLOSE = 0.003;
  const MOST_POINTS = 5900;
  const MOST_STROKES = 199;
  let strokes = [];
  let now = null;

  const pathOf = (stroke) => stroke.map(([x, y], at) => `${at ? "L" : "M"}${(x * WIDTH).toFixed(1)} ${(y * WIDTH).toFixed(1)}`).join("") + (stroke.length === 1 ? "h0.1" : "");

  const paint = () => {
    const paths = [...pad.querySelectorAll("path")];
    strokes.forEach((stroke, at) => {
      let path = paths[at];
      if (!path) {
        path = document.createElementNS("http://www.w3.org/2000/svg", "path");
        pad.append(path);
      }
      path.setAttribute("d", pathOf(stroke));
    });
    paths.slice(strokes.length).forEach((path) => path.remove());
    field.value = JSON.stringify(strokes);
  };

  const pointOf = (event) => {
    const box = pad.getBoundingClientRect();
    const within = (value, most) => Math.min(Math.max(value, 0), most);
    const x = within((event.clientX - box.left) / box.width, 1);
    const y = within((event.clientY - box.top) / box.width, box.height / box.width);
    return [Math.round(x * 10000) / 10000, Math.round(y * 10000) / 10000];
  };

  const room = () => strokes.length < MOST_STROKES && strokes.reduce((sum, stroke) => sum + stroke.length, 0) < MOST_POINTS;

  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || now || !room()) return;
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    now = { id: event.pointerId, stroke: [pointOf(event)] };
    strokes.push(now.stroke);
    said.textContent = "";
    paint();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!now || event.pointerId !== now.id || !room()) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) {
      const [x, y] = pointOf(each);
      const [lastX, lastY] = now.stroke[now.stroke.length - 1];
      if (Math.hypot(x - lastX, y - lastY) >= CLOSE) now.stroke.push([x, y]);
    }
    paint();
  });
  const end = (event) => { if (now && event.pointerId === now.id) now = null; };
  pad.addEventListener("pointerup", end);
  pad.addEventListener("pointercancel", end);

  form.querySelector("[data-undo]").addEventListener("click", () => { strokes.pop(); now = null; paint(); said.textContent = strokes.length ? "" : "The box is empty."; });
  form.querySelector("[data-clear]").addEventListener("click", () => { strokes = []; now = null; paint(); said.textContent = "The box is empty."; });

  const choose = () => {
    const isDrawn = form.querySelector("#how-draw").checked;
    drawn.hidden = !isDrawn;
    typed.hidden = isDrawn;
  };

  form.querySelector("[data-how]").hidden = false;
  if (!ways.some((way) => way.checked)) form.querySelector("#how-draw").checked = true;
  ways.forEach((way) => way.addEventListener("change", choose));
  try {
    const kept = JSON.parse(field.value || "[]");
    if (Array.isArray(kept)) strokes = kept;
  } catch { strokes = []; }
  choose();
  paint();
})();
