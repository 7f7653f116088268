// The sequence as a strip of residues that the keyboard walks along.
"use strict";

const Strip = (() => {
  const cells = [];
  let box;
  let current = 0; // the residue that Tab comes to

  function cell(row) {
    const span = document.createElement("span");
    span.className = `cell ${{ h: "helix", s: "strand", c: "coil" }[Data.secondary[row]]}`;
    span.textContent = Data.letters[row];
    span.dataset.row = row;
    span.setAttribute("role", "option");
    span.setAttribute("aria-selected", "false");
    span.tabIndex = -1;
    return span;
  }

  function section(chain) {
    const rows = [...Data.chain.keys()].filter((row) => Data.chain[row] === chain);
    const part = document.createElement("div");
    part.className = "chain";
    part.dataset.chain = chain;
    part.setAttribute("role", "group");
    part.setAttribute("aria-label", `chain ${Data.chains[chain] || "(unnamed)"}`);
    if (Data.chains.length > 1) {
      const title = document.createElement("div");
      title.className = "chain-name";
      title.setAttribute("aria-hidden", "true");
      title.textContent = `Chain ${Data.chains[chain] || "(unnamed)"}`;
      part.append(title);
    }
    for (let first = 0; first < rows.length; first += 10) {
      const ten = document.createElement("div");
      ten.className = "ten";
      ten.setAttribute("role", "presentation");
      const tick = document.createElement("span");
      tick.className = "tick";
      tick.setAttribute("aria-hidden", "true");
      tick.textContent = Data.numbered(rows[first]);
      const run = document.createElement("span");
      run.className = "run";
      run.setAttribute("role", "presentation");
      for (const row of rows.slice(first, first + 10)) run.append((cells[row] = cell(row)));
      ten.append(tick, run);
      part.append(ten);
    }
    return part;
  }

  function paint() {
    cells.forEach((span, row) => {
      const colour = Colours.of(State.column, row);
      span.style.background = colour;
      span.style.color = Colours.ink(colour);
      span.setAttribute("aria-label", Data.described(row, State.column));
    });
  }

  function mark(name, rows) {
    for (const span of box.querySelectorAll(`.${name}`)) span.classList.remove(name);
    for (const row of rows) cells[row].classList.add(name);
  }

  function step(from, by) {
    let row = from + by;
    while (row >= 0 && row < Data.size && !State.isShown(row)) row += Math.sign(by);
    return row >= 0 && row < Data.size ? row : from;
  }

  function jump(row, by) {
    for (let left = 10; left > 0; left--) row = step(row, by);
    return row;
  }

  /** The residue a line further up or down, nearest to straight. */
  function line(from, by) {
    const here = cells[from].getBoundingClientRect();
    let best = from;
    let top = null;
    for (let row = step(from, by), last = from; row !== last; last = row, row = step(row, by)) {
      const there = cells[row].getBoundingClientRect();
      if (Math.abs(there.top - here.top) < 2) continue;
      if (top !== null && Math.abs(there.top - top) > 2) break;
      top = there.top;
      const off = Math.abs(there.left - here.left);
      if (best === from || off < Math.abs(cells[best].getBoundingClientRect().left - here.left)) {
        best = row;
      }
    }
    return best;
  }

  function focus(row) {
    cells[current].tabIndex = -1;
    current = row;
    cells[row].tabIndex = 0;
    cells[row].focus({ preventScroll: false });
  }

  const KEYS = {
    ArrowRight: (row) => step(row, 1),
    ArrowLeft: (row) => step(row, -1),
    ArrowDown: (row) => line(row, 1),
    ArrowUp: (row) => line(row, -1),
    PageDown: (row) => jump(row, 1),
    PageUp: (row) => jump(row, -1),
    Home: () => step(-1, 1),
    End: () => step(Data.size, -1),
  };

  function press(event) {
    const row = rowOf(event);
    if (row === null || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in KEYS) focus(KEYS[event.key](row));
    else if (event.key === "Enter" || event.key === " ") State.choose([row]);
    else return;
    event.preventDefault();
  }

  function rowOf(event) {
    const span = event.target.closest?.(".cell");
    return span ? Number(span.dataset.row) : null;
  }

  function start(element) {
    box = element;
    Data.chains.forEach((_, chain) => box.append(section(chain)));
    cells[0].tabIndex = 0;
    paint();
    box.addEventListener("keydown", press);
    box.addEventListener("focusin", (event) => State.point([rowOf(event)].filter((x) => x !== null)));
    box.addEventListener("focusout", () => State.point([]));
    box.addEventListener("mouseover", (event) => {
      const row = rowOf(event);
      if (row !== null) State.point([row]);
    });
    box.addEventListener("mouseleave", () => State.point([]));
    box.addEventListener("click", (event) => {
      const row = rowOf(event);
      if (row === null) return;
      focus(row);
      State.choose([row]);
    });
    State.listen((what) => {
      if (what === "column") paint();
      if (what === "chains") {
        for (const part of box.children) part.hidden = !State.isChainShown(Number(part.dataset.chain));
        if (!State.isShown(current)) {
          const row = step(-1, 1);
          cells[current].tabIndex = -1;
          if (row >= 0) cells[(current = row)].tabIndex = 0;
        }
      }
      mark("pointed", State.pointed);
      mark("chosen", State.chosen);
      for (const span of box.querySelectorAll("[aria-selected=true]")) {
        span.setAttribute("aria-selected", "false");
      }
      for (const row of State.chosen) cells[row].setAttribute("aria-selected", "true");
      if (what === "chosen" && State.chosen.length && !box.contains(document.activeElement)) {
        reveal(State.chosen[0]);
      }
    });
  }

  /** Scroll the strip itself, and not the page, to a residue. */
  function reveal(row) {
    const there = cells[row].getBoundingClientRect();
    const here = box.getBoundingClientRect();
    if (there.top < here.top || there.bottom > here.bottom) {
      box.scrollTop += there.top - here.top - here.height / 2;
    }
  }

  return { start };
})();
