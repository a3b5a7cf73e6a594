/* Figures to play with. Each is a still picture until this script brings it to life, by mouse, touch or keyboard; nothing is fetched.
   A figure has a class of PLAYS and its numbers in a script of JSON; its controls, hidden without a script, are shown. */
const rounded = value => Math.round(value * 10) / 10;

/* Rings in three dimensions: drag, or focus and use the arrow keys, and all panels of a picture turn; Home turns back. */
function turning(picture, data) {
  const panels = [...picture.querySelectorAll("svg")].map((svg, i) => ({
    shapes: [...svg.querySelectorAll("polygon")],
    dots: [...svg.querySelectorAll("circle")],
    rings: data.panels[i],
  }));
  let [yaw, pitch] = data.view;
  const draw = () => {
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const place = ([x, y, z]) => [
      data.size / 2 + x * cy - y * sy,
      data.size / 2 + (x * sy + y * cy) * sp - z * cp,
    ].map(rounded);
    panels.forEach(panel => {
      const places = panel.rings.map(ring => ring.map(place));
      panel.shapes.forEach((shape, i) => shape.setAttribute("points", places[i].map(p => p.join(",")).join(" ")));
      panel.dots.forEach((dot, i) => {
        const [x, y] = places.flat()[i];
        dot.setAttribute("cx", x); dot.setAttribute("cy", y);
      });
    });
  };
  const turn = (across, up) => {
    yaw += across; pitch = Math.max(-1.57, Math.min(1.57, pitch + up)); draw();
  };
  const keys = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
  picture.addEventListener("keydown", event => {
    if (event.key === "Home") [yaw, pitch] = data.view;
    else if (!keys[event.key]) return;
    event.preventDefault();
    turn(...(keys[event.key] || [0, 0]));
  });
  picture.addEventListener("pointerdown", event => picture.setPointerCapture(event.pointerId));
  picture.addEventListener("pointermove", event => {
    if (picture.hasPointerCapture(event.pointerId)) turn(event.movementX / 100, event.movementY / 100);
  });
}

/* Responses that are noised, and samples that come back along a field: one slider for the level, or Play. */
function flow(picture, data) {
  const slider = picture.querySelector("input"), button = picture.querySelector("button"), label = picture.querySelector("output");
  const dots = ["out", "back"].map(side => [...picture.querySelectorAll("." + side + " circle")]);
  const arrows = [...picture.querySelectorAll(".field line")];
  const draw = frame => {
    dots.forEach((row, side) => row.forEach((dot, i) => {
      const [x, y] = data[side ? "back" : "out"][i][side ? frame : data.frames - frame];
      dot.setAttribute("cx", x); dot.setAttribute("cy", y);
    }));
    arrows.forEach((line, i) => {
      const [x, y] = data.field[Math.min(frame, data.frames - 1)][i];
      line.setAttribute("x2", x); line.setAttribute("y2", y);
    });
    label.textContent = "level t = " + (data.frames - frame);
  };
  let timer = null;
  const stop = () => { clearInterval(timer); timer = null; button.textContent = "Play"; };
  const next = () => {
    if (+slider.value >= data.frames) { stop(); return; }
    slider.value = +slider.value + 1; draw(+slider.value);
  };
  button.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (+slider.value >= data.frames) { slider.value = 0; draw(0); }
    timer = setInterval(next, 150); button.textContent = "Pause";
  });
  slider.addEventListener("input", () => { stop(); draw(+slider.value); });
}

/* A swap function and the responses to one display that it makes; sliders for strength, decay and concentration. */
function swaps(picture, data) {
  const sliders = [...picture.querySelectorAll("input")], labels = [...picture.querySelectorAll("label output")];
  const [weights, density] = picture.querySelectorAll("path"), dots = [...picture.querySelectorAll("circle")];
  const share = picture.querySelector(".share");
  const turns = Array.from({ length: data.nodes + 1 }, (_, i) => i / data.nodes);
  const path = at => "M" + turns.map(turn => at(turn).map(rounded).join(",")).join("L");
  const draw = () => {
    const [strength, decay, concentration] = sliders.map(slider => +slider.value);
    const weight = distance => strength * Math.exp(decay * (Math.cos(distance) - 1));
    const [wide, high] = data.size;
    const down = value => high * Math.min(1, Math.log(value) / Math.log(data.least));
    const items = data.distances.map((distance, i) => i ? weight(distance) : 1);
    const all = items.reduce((sum, each) => sum + each);
    const bell = error => Math.exp(concentration * (Math.cos(error) - 1));
    const area = 2 * Math.PI * turns.slice(1).reduce((sum, turn) => sum + bell(2 * Math.PI * turn), 0) / data.nodes;
    const response = y => items.reduce((sum, each, i) => sum + each * bell(y - data.colours[i]), 0) / all / area;
    weights.setAttribute("d", path(turn => [wide * turn, down(weight(Math.PI * turn))]));
    density.setAttribute("d", path(turn => [wide * turn, high * (1 - response(Math.PI * (2 * turn - 1)) / data.top)]));
    dots.forEach((dot, i) => dot.setAttribute("cy", rounded(down(items[i + 1]))));
    labels.forEach((label, i) => { label.textContent = sliders[i].value; });
    share.textContent = (1 - 1 / all).toFixed(2);
  };
  sliders.forEach(slider => slider.addEventListener("input", draw));
  draw();
}

const PLAYS = { turning, flow, swaps };

document.addEventListener("DOMContentLoaded", () => {
  for (const [name, play] of Object.entries(PLAYS)) {
    document.querySelectorAll("." + name + ":has(script[type='application/json'])").forEach(picture => {
      play(picture, JSON.parse(picture.querySelector("script[type='application/json']").textContent));
      picture.querySelectorAll("[hidden]").forEach(control => { control.hidden = false; });
    });
  }
});
