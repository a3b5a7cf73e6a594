/* Pictures of rings in three dimensions: drag, or focus and use the arrow keys, and all panels of a picture turn; Home turns back. */
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".turning").forEach(picture => {
    const data = JSON.parse(picture.querySelector("script[type='application/json']").textContent);
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
      ].map(value => Math.round(value * 10) / 10);
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
  });
});
