// The structure and its values, unpacked from the page.
"use strict";

const Data = (() => {
  const KINDS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, i4: Int32Array, f4: Float32Array };
  const SECONDARY = { h: "helix", s: "strand", c: "" };

  function unpack({ kind, data }) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    return new KINDS[kind](bytes.buffer);
  }

  const raw = JSON.parse(document.getElementById("payload").textContent);
  const size = raw.size;
  const chain = unpack(raw.chain);
  const number = unpack(raw.number);
  const name = unpack(raw.name);
  const ca = unpack(raw.ca);
  const degree = unpack(raw.degree);
  const sources = unpack(raw.sources);
  const hasCA = unpack(raw.hasCA);
  const columns = raw.columns.map((column) => ({ ...column, values: unpack(column.values) }));
  const start = new Uint32Array(size + 1); // of the edges that a residue receives
  for (let row = 0; row < size; row++) start[row + 1] = start[row] + degree[row];

  /** Rows whose messages a residue receives. */
  function sourcesOf(row) {
    return sources.subarray(start[row], start[row + 1]);
  }

  function isEdge(target, source) {
    return sourcesOf(target).includes(source);
  }

  /** Distance of the CA atoms of two residues in Å. */
  function distance(a, b) {
    const [x, y, z] = [0, 1, 2].map((axis) => ca[3 * a + axis] - ca[3 * b + axis]);
    return Math.hypot(x, y, z);
  }

  function numbered(row) {
    return `${number[row]}${raw.insertion[row] ?? ""}`;
  }

  /** What to call a residue: chain, name and number. */
  function label(row) {
    const where = raw.chains.length > 1 || raw.chains[0] ? `${raw.chains[chain[row]]} ` : "";
    return `${where}${raw.names[name[row]]} ${numbered(row)}`;
  }

  function format(value) {
    if (Number.isNaN(value)) return "no value";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
    return String(Number(value.toPrecision(3)));
  }

  /** The value of a residue with its unit, or the name of its class. */
  function shown(column, row) {
    const value = column.values[row];
    if (column.classes.length) return column.classes[value] ?? "no value";
    return Number.isNaN(value) || !column.unit ? format(value) : `${format(value)} ${column.unit}`;
  }

  /** What is known of a residue, in words. */
  function described(row, column) {
    const parts = [label(row), SECONDARY[raw.secondary[row]], `${column.name} ${shown(column, row)}`];
    if (!hasCA[row]) parts.push("no CA atom");
    return parts.filter(Boolean).join(", ");
  }

  return {
    size, chain, number, columns, ca, degree, sources, start, hasCA,
    chains: raw.chains,
    letters: raw.sequence,
    secondary: raw.secondary,
    segment: unpack(raw.segment),
    palettes: raw.palettes,
    atoms: {
      ...raw.atoms,
      name: unpack(raw.atoms.name),
      element: unpack(raw.atoms.element),
      residue: unpack(raw.atoms.residue),
      position: unpack(raw.atoms.position),
    },
    sourcesOf, isEdge, distance, numbered, label, format, shown, described,
  };
})();
