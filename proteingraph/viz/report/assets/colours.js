// Colours of values, and the legend that says what they mean.
"use strict";

const Colours = (() => {
  const MISSING = "#9a9a9a";

  /** Colour at a share from 0 to 1 of a palette. */
  function at(palette, share) {
    const last = palette.length - 1;
    return palette[Math.round(Math.min(1, Math.max(0, share)) * last)];
  }

  /** Colour of a residue's value. */
  function of(column, row) {
    const value = column.values[row];
    if (Number.isNaN(value)) return MISSING;
    if (column.classes.length) return Data.palettes.classes[value % Data.palettes.classes.length];
    return at(Data.palettes[column.palette], (value - column.low) / (column.high - column.low));
  }

  /** Black or white, whichever can be read on a colour (relative luminance of WCAG 2). */
  function ink(colour) {
    const [r, g, b] = [1, 3, 5].map((place) => {
      const share = parseInt(colour.slice(place, place + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
  }

  function element(tag, text, properties = {}) {
    return Object.assign(document.createElement(tag), { textContent: text, ...properties });
  }

  function bar(palette) {
    const strip = element("div", "", { className: "ramp" });
    strip.style.background = `linear-gradient(to right, ${palette.join(", ")})`;
    return strip;
  }

  /** A bar of a palette with its ends and middle; values beyond the ends are marked so. */
  function ramp(palette, low, high, unit, beyond = [false, false]) {
    const marks = [low, (low + high) / 2, high].map((value) => Data.format(value));
    if (beyond[0]) marks[0] = `≤ ${marks[0]}`;
    if (beyond[1]) marks[2] = `≥ ${marks[2]}`;
    const ticks = element("div", "", { className: "ticks" });
    ticks.append(...marks.map((mark) => element("span", unit ? `${mark} ${unit}` : mark)));
    const box = element("div", "", { className: "scale" });
    box.append(bar(palette), ticks);
    return box;
  }

  /** Fill the legend of a column of values. */
  function legend(box, column) {
    const known = column.values.filter((value) => !Number.isNaN(value));
    box.replaceChildren();
    if (column.classes.length) {
      const list = element("ul", "", { className: "classes" });
      column.classes.forEach((name, place) => {
        const item = element("li", name);
        const patch = element("span", "", { className: "patch" });
        patch.style.background = Data.palettes.classes[place % Data.palettes.classes.length];
        item.prepend(patch);
        list.append(item);
      });
      box.append(list);
    } else {
      const beyond = [known.some((x) => x < column.low), known.some((x) => x > column.high)];
      const palette = Data.palettes[column.palette];
      box.append(ramp(palette, column.low, column.high, column.unit, beyond));
    }
    if (known.length < column.values.length) {
      const item = element("p", "no value", { className: "missing" });
      const patch = element("span", "", { className: "patch" });
      patch.style.background = MISSING;
      item.prepend(patch);
      box.append(item);
    }
    box.append(element("p", column.about, { className: "about" }));
  }

  return { at, of, ink, ramp, legend };
})();
