// The residue graph as a map: row i has a dot in column j where i receives messages from j.
"use strict";

const ContactMap = (() => {
  const LEFT = 60, TOP = 8, RIGHT = 10, BOTTOM = 34; // of the square, in CSS pixels
  let canvas, dots, shown, place, side, cell, cursor;
  const near = 4, far = 20; // Å, where the colours end

  function css(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");

  /** Near pairs stand out from the page, whether it is light or dark. */
  function palette() {
    const shades = Data.palettes.sequential;
    return dark.matches ? [...shades].reverse() : shades;
  }

  function layout() {
    shown = [...Data.chain.keys()].filter((row) => State.isShown(row));
    place = new Int32Array(Data.size).fill(-1);
    shown.forEach((row, at) => { place[row] = at; });
    const width = canvas.parentElement.clientWidth;
    side = Math.max(160, width - LEFT - RIGHT);
    cell = side / Math.max(1, shown.length);
    const scale = devicePixelRatio || 1;
    canvas.style.width = `${LEFT + side + RIGHT}px`;
    canvas.style.height = `${TOP + side + BOTTOM}px`;
    canvas.width = Math.round((LEFT + side + RIGHT) * scale);
    canvas.height = Math.round((TOP + side + BOTTOM) * scale);
    drawDots(scale);
  }

  /** Edges that are shown, far ones first: where dots lie on each other, the nearest is seen. */
  function edges() {
    const found = [];
    for (const target of shown) {
      for (const source of Data.sourcesOf(target)) {
        if (place[source] >= 0) found.push([Data.distance(target, source), target, source]);
      }
    }
    return found.sort((a, b) => b[0] - a[0]);
  }

  function drawDots(scale) {
    dots = document.createElement("canvas");
    dots.width = canvas.width;
    dots.height = canvas.height;
    const pen = dots.getContext("2d");
    pen.scale(scale, scale);
    const shades = palette();
    // Whole pixels, lest neighbouring dots are parted by a seam or one falls between two pixels.
    const edge = (start, at) => Math.round((start + at * cell) * scale) / scale;
    const width = (start, at) => Math.max(edge(start, at + 1) - edge(start, at), 1 / scale);
    for (const [distance, target, source] of edges()) {
      const [down, right] = [place[target], place[source]];
      pen.fillStyle = Colours.at(shades, (distance - near) / (far - near));
      pen.fillRect(edge(LEFT, right), edge(TOP, down), width(LEFT, right), width(TOP, down));
    }
    drawAxes(pen);
  }

  function drawAxes(pen) {
    pen.strokeStyle = pen.fillStyle = css("--muted");
    pen.lineWidth = 1;
    pen.font = "11px system-ui, sans-serif";
    pen.strokeRect(LEFT - 0.5, TOP - 0.5, side + 1, side + 1);
    const wanted = Math.max(1, shown.length / (side / 70));
    const unit = 10 ** Math.floor(Math.log10(wanted));
    const every = [1, 2, 5, 10].map((times) => times * unit).find((gap) => gap >= wanted);
    let last = -Infinity;
    shown.forEach((row, at) => {
      const first = at === 0 || Data.chain[row] !== Data.chain[shown[at - 1]];
      const middle = (at + 0.5) * cell;
      if (first && at > 0) {
        pen.fillRect(LEFT + at * cell - 0.5, TOP, 1, side);
        pen.fillRect(LEFT, TOP + at * cell - 0.5, side, 1);
      }
      if (!(first && Data.chains.length > 1) && Data.number[row] % every !== 0) return;
      if (middle - last < 34) return;
      last = middle;
      const chain = first && Data.chains.length > 1 ? `${Data.chains[Data.chain[row]]} ` : "";
      const text = (chain + Data.numbered(row)).slice(0, 7);
      pen.textAlign = "center";
      pen.fillRect(LEFT + middle - 0.5, TOP + side, 1, 4);
      pen.fillText(text, LEFT + middle, TOP + side + 16);
      pen.textAlign = "right";
      pen.fillRect(LEFT - 4, TOP + middle - 0.5, 4, 1);
      pen.fillText(text, LEFT - 7, TOP + middle + 4);
    });
    pen.textAlign = "center";
    pen.fillText("source residue", LEFT + side / 2, TOP + side + 30);
    pen.save();
    pen.translate(10, TOP + side / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText("target residue", 0, 0);
    pen.restore();
  }

  function cross(pen, rows, colour) {
    if (!rows.length || rows.some((row) => place[row] < 0)) return;
    const target = place[rows[0]];
    const source = place[rows[rows.length - 1]];
    const width = Math.max(cell, 1.5);
    pen.fillStyle = colour;
    pen.globalAlpha = 0.35;
    pen.fillRect(LEFT, TOP + target * cell, side, width);
    pen.fillRect(LEFT + source * cell, TOP, width, side);
    pen.globalAlpha = 1;
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    const box = Math.max(cell + 4, 8);
    pen.strokeRect(
      LEFT + (source + 0.5) * cell - box / 2, TOP + (target + 0.5) * cell - box / 2, box, box,
    );
  }

  function draw() {
    const pen = canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(dots, 0, 0);
    const scale = canvas.width / (LEFT + side + RIGHT);
    pen.scale(scale, scale);
    cross(pen, State.chosen, css("--chosen"));
    cross(pen, State.pointed, css("--pointed"));
  }

  function pairAt(event) {
    const box = canvas.getBoundingClientRect();
    const source = Math.floor((event.clientX - box.left - LEFT) / cell);
    const target = Math.floor((event.clientY - box.top - TOP) / cell);
    const inside = [source, target].every((at) => at >= 0 && at < shown.length);
    return inside ? [shown[target], shown[source]] : null;
  }

  const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  function press(event) {
    if (!shown.length || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in MOVES) {
      const by = event.shiftKey ? 10 : 1;
      const old = cursor.map((row) => Math.max(0, place[row]));
      cursor = MOVES[event.key].map(
        (step, axis) => shown[Math.min(shown.length - 1, Math.max(0, old[axis] + step * by))],
      );
      State.point(cursor);
    } else if (event.key === "Enter" || event.key === " ") State.choose(cursor);
    else return;
    event.preventDefault();
  }

  function fresh() {
    layout();
    draw();
  }

  function start(element, legend) {
    canvas = element;
    cursor = [0, 0];
    const key = () => legend.replaceChildren(Colours.ramp(palette(), near, far, "Å", [true, true]));
    key();
    new ResizeObserver(() => requestAnimationFrame(fresh)).observe(canvas.parentElement);
    dark.addEventListener("change", () => { key(); fresh(); });
    fresh();
    canvas.addEventListener("mousemove", (event) => State.point(pairAt(event) ?? []));
    canvas.addEventListener("mouseleave", () => State.point([]));
    canvas.addEventListener("click", (event) => {
      const pair = pairAt(event);
      if (!pair) return;
      cursor = pair;
      State.choose(pair[0] === pair[1] ? [pair[0]] : pair);
    });
    canvas.addEventListener("keydown", press);
    canvas.addEventListener("focus", () => {
      if (!shown.length) return;
      if (State.chosen.length) cursor = [State.chosen[0], State.chosen[State.chosen.length - 1]];
      if (place[cursor[0]] < 0 || place[cursor[1]] < 0) cursor = [shown[0], shown[0]];
      if (canvas.matches(":focus-visible")) State.point(cursor);
    });
    canvas.addEventListener("blur", () => State.point([]));
    State.listen((what) => {
      if (what === "chains") layout();
      if (what !== "column") draw();
    });
  }

  return { start };
})();
