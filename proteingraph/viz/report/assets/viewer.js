// The structure in three dimensions, by 3Dmol.js.
"use strict";

const Viewer = (() => {
  const LARGE = 1500; // residues, from which on the cartoon is drawn more coarsely
  const WORDS = { ArrowLeft: ["y", -10], ArrowRight: ["y", 10], ArrowUp: ["x", -10], ArrowDown: ["x", 10] };
  let box, view, sticks, waiting;
  const marks = { pointed: null, chosen: null };

  function css(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  /** Draw once a frame, however much has changed. */
  function render() {
    waiting ??= requestAnimationFrame(() => {
      waiting = undefined;
      view.render();
    });
  }

  function position(row) {
    return { x: Data.ca[3 * row], y: Data.ca[3 * row + 1], z: Data.ca[3 * row + 2] };
  }

  /** Atoms as 3Dmol takes them; a break of the chain is a gap in its numbers. */
  function atoms() {
    const { names, name, elements, element, residue, position: at } = Data.atoms;
    return Array.from(residue, (row, atom) => ({
      elem: elements[element[atom]],
      atom: names[name[atom]],
      x: at[3 * atom], y: at[3 * atom + 1], z: at[3 * atom + 2],
      chain: String(Data.chain[row]),
      resi: row + 2 * Data.segment[row],
      resn: "UNK",
      ss: Data.secondary[row],
      hetflag: false,
      row,
    }));
  }

  /** Chains of which little but CA is there, for which no cartoon can be drawn. */
  function bare() {
    const oxygen = Data.atoms.names.indexOf("O");
    const balance = Data.chains.map(() => 0);
    Data.atoms.residue.forEach((row, atom) => {
      if (Data.atoms.name[atom] === oxygen) balance[Data.chain[row]] += 2;
    });
    Data.hasCA.forEach((has, row) => { balance[Data.chain[row]] -= has; });
    return balance.map((left) => left < 0);
  }

  function paint() {
    const colorfunc = (atom) => Colours.of(State.column, atom.row);
    const trace = bare();
    view.setStyle({ model: 0 }, {});
    Data.chains.forEach((_, chain) => {
      if (!State.isChainShown(chain)) return;
      const style = trace[chain] ? { style: "trace", thickness: 0.6 } : { arrows: true };
      view.setStyle({ model: 0, chain: String(chain) }, { cartoon: { ...style, colorfunc } });
    });
    render();
  }

  function ball(shape, row, radius) {
    if (Data.hasCA[row]) shape.addSphere({ center: position(row), radius });
  }

  function line(shape, a, b, radius) {
    if (!Data.hasCA[a] || !Data.hasCA[b]) return;
    shape.addCylinder({ start: position(a), end: position(b), radius, fromCap: 1, toCap: 1 });
  }

  /** Mark residues by balls; the ends of a pair are joined, a chosen residue with its sources. */
  function mark(name, rows) {
    if (marks[name]) view.removeShape(marks[name]);
    marks[name] = null;
    if (!rows.length) return;
    const shape = view.addShape({ color: css(`--${name}`), opacity: 0.95 });
    for (const row of new Set(rows)) ball(shape, row, name === "chosen" ? 0.9 : 1.2);
    if (rows.length === 2 && rows[0] !== rows[1]) line(shape, rows[0], rows[1], 0.2);
    if (name === "chosen" && rows.length === 1) {
      for (const source of Data.sourcesOf(rows[0])) {
        if (State.isShown(source)) line(shape, rows[0], source, 0.07);
      }
    }
    marks[name] = shape;
  }

  /** Show all atoms of the chosen residues; 3Dmol finds the bonds of what it reads as XYZ. */
  function drawSticks(rows) {
    if (sticks) view.removeModel(sticks);
    sticks = null;
    const wanted = new Set(rows);
    const { elements, element, residue, position: at } = Data.atoms;
    const lines = [];
    residue.forEach((row, atom) => {
      if (!wanted.has(row)) return;
      const xyz = at.subarray(3 * atom, 3 * atom + 3);
      lines.push([elements[element[atom]], ...Array.from(xyz, (x) => x.toFixed(3))].join(" "));
    });
    if (lines.length < 2) return;
    sticks = view.addModel(`${lines.length}\n\n${lines.join("\n")}\n`, "xyz");
    sticks.setStyle({}, { stick: { radius: 0.2, colorscheme: "default" } });
  }

  function choose(rows) {
    mark("chosen", rows);
    drawSticks(rows);
    render();
  }

  function whole() {
    const shown = Data.chains.map((_, chain) => String(chain)).filter((c) => State.isChainShown(+c));
    view.zoomTo({ model: 0, chain: shown }); // fits the height
    view.zoom(1.15 * Math.min(1, box.clientWidth / box.clientHeight));
  }

  const actions = {
    "zoom-in": () => view.zoom(1.25),
    "zoom-out": () => view.zoom(0.8),
    reset: () => whole(),
    centre: () => {
      const rows = State.chosen.filter((row) => Data.hasCA[row]);
      if (!rows.length) return;
      view.zoomTo({ model: 0, resi: rows.map((row) => row + 2 * Data.segment[row]) });
      view.zoom(0.5);
    },
  };

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in WORDS) view.rotate(WORDS[event.key][1], WORDS[event.key][0]);
    else if (event.key === "+" || event.key === "=") actions["zoom-in"]();
    else if (event.key === "-") actions["zoom-out"]();
    else if (event.key === "0") actions.reset();
    else if (event.key === "c") actions.centre();
    else return;
    event.preventDefault();
  }

  /** The wheel zooms only once the view has been clicked: else it scrolls the page. */
  function tame() {
    const stop = (event) => {
      if (document.activeElement !== box && !event.ctrlKey) event.stopPropagation();
    };
    box.addEventListener("wheel", stop, { capture: true });
    box.addEventListener("mousedown", () => box.focus({ preventScroll: true }), { capture: true });
  }

  function start(element, buttons) {
    box = element;
    try {
      view = $3Dmol.createViewer(box, {
        backgroundColor: css("--stage"),
        hoverDuration: 20,
        cartoonQuality: Data.size > LARGE ? 4 : 8,
      });
    } catch (error) {
      view = null;
    }
    if (!view) {
      box.classList.add("failed");
      box.textContent = "The 3D view needs WebGL, which this browser does not offer.";
      buttons.hidden = true;
      return;
    }
    view.addModel().addAtoms(atoms());
    view.setClickable({ model: 0 }, true, (atom) => State.choose([atom.row]));
    // 3Dmol looks a moment after the mouse has moved, when it may have left the view.
    const point = (rows) => { if (box.matches(":hover")) State.point(rows); };
    view.setHoverable({ model: 0 }, true, (atom) => point([atom.row]), () => point([]));
    box.addEventListener("mouseleave", () => State.point([]));
    paint();
    whole();
    tame();
    box.addEventListener("keydown", press);
    buttons.addEventListener("click", (event) => actions[event.target.dataset?.action]?.());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      view.setBackgroundColor(css("--stage"));
      choose(State.chosen);
    });
    State.listen((what) => {
      if (what === "column") paint();
      if (what === "chains") { choose(State.chosen); mark("pointed", []); paint(); }
      if (what === "pointed") { mark("pointed", State.pointed); render(); }
      if (what === "chosen") choose(State.chosen);
    });
  }

  return { start };
})();
