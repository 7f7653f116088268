// The page as a whole: controls, what is said of residues, and the views side by side.
"use strict";

(() => {
  const by = (id) => document.getElementById(id);

  function fillColumns() {
    Data.columns.forEach((column, place) => {
      const unit = column.unit ? ` (${column.unit})` : "";
      by("column").append(new Option(column.name + unit, place));
    });
    by("column").addEventListener("change", (event) => State.paint(Data.columns[event.target.value]));
  }

  function fillChains() {
    if (Data.chains.length < 2) return;
    by("chains").hidden = false;
    Data.chains.forEach((name, chain) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
      box.addEventListener("change", () => State.showChain(chain, box.checked));
      label.append(box, ` ${name || "(unnamed)"}`);
      by("chains").append(label);
    });
  }

  /** What is to be said of one residue or of a pair. */
  function described(rows) {
    if (!rows.length) return "";
    const [target, source] = rows;
    const first = Data.described(target, State.column);
    if (source === undefined || source === target) {
      return `${first}; receives messages from ${Data.degree[target]} residues`;
    }
    if (!Data.hasCA[target] || !Data.hasCA[source]) return `${first} — ${Data.label(source)}`;
    const edges = [
      Data.isEdge(target, source) ? `edge from ${Data.label(source)}` : "",
      Data.isEdge(source, target) ? `edge to ${Data.label(source)}` : "",
    ].filter(Boolean);
    return [
      Data.described(target, State.column),
      Data.described(source, State.column),
      `CA ${Data.format(Data.distance(target, source))} Å apart; ${edges.join(", ") || "no edge"}`,
    ].join(" — ");
  }

  function tell() {
    const idle = "Point at a residue in the structure, the map or the sequence; click to choose it.";
    const rows = State.pointed.length ? State.pointed : State.chosen;
    by("readout").textContent = described(rows) || idle;
  }

  function announce() {
    by("announcement").textContent = State.chosen.length
      ? `chosen: ${described(State.chosen)}`
      : "nothing chosen";
    by("centre").disabled = !State.chosen.length;
  }

  fillColumns();
  fillChains();
  Colours.legend(by("legend"), State.column);
  Strip.start(by("strip"));
  ContactMap.start(by("map"), by("map-legend"));
  Viewer.start(by("viewer"), by("viewer-buttons"));
  tell();
  State.listen((what) => {
    if (what === "column") Colours.legend(by("legend"), State.column);
    if (what === "chosen") announce();
    // The keyboard in the map moves what is pointed at, which no focus tells of.
    if (what === "pointed" && document.activeElement === by("map")) {
      by("announcement").textContent = described(State.pointed);
    }
    tell();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && State.chosen.length) State.choose(State.chosen);
  });
  document.documentElement.dataset.ready = "true";
})();
