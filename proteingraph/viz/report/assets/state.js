// What is coloured, shown, pointed at and chosen; views listen to it.
"use strict";

const State = (() => {
  const listeners = [];
  const state = {
    column: Data.columns[0],
    hidden: new Set(), // numbers of chains
    pointed: [], // one residue, or the target and source of a pair
    chosen: [],
  };

  function same(a, b) {
    return a.length === b.length && a.every((row, place) => row === b[place]);
  }

  function tell(what) {
    for (const listener of listeners) listener(what, state);
  }

  return {
    get column() { return state.column; },
    get pointed() { return state.pointed; },
    get chosen() { return state.chosen; },
    isShown: (row) => !state.hidden.has(Data.chain[row]),
    isChainShown: (chain) => !state.hidden.has(chain),

    /** Call back with what has changed: column, chains, pointed or chosen. */
    listen(listener) { listeners.push(listener); },

    paint(column) {
      state.column = column;
      tell("column");
    },

    point(rows) {
      if (same(rows, state.pointed)) return;
      state.pointed = rows;
      tell("pointed");
    },

    /** Choose residues; the ones that are chosen already are let go. */
    choose(rows) {
      state.chosen = same(rows, state.chosen) ? [] : rows;
      tell("chosen");
    },

    showChain(chain, shown) {
      if (shown) state.hidden.delete(chain);
      else state.hidden.add(chain);
      state.pointed = [];
      state.chosen = state.chosen.filter((row) => Data.chain[row] !== chain || shown);
      tell("chains");
    },
  };
})();
