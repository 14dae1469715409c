// The few drawings of the page, as strokes.

import { draw } from "/viewer/dom.js";

const PATHS = {
  search: ["M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14z", "M20 20l-4-4"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  up: ["M6 15l6-6 6 6"],
  down: ["M6 9l6 6 6-6"],
  back: ["M15 6l-6 6 6 6"],
  moon: ["M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.500 10.500z"],
  sun: ["M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8z", "M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5"],
  help: ["M9.500 9a2.500 2.500 0 1 1 3.600 2.200c-.8.400-1.100 1-1.100 1.800", "M12 17v.01"],
  leave: ["M10 5H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h4", "M14 8l4 4-4 4M18 12H9"],
};

export function icon(name) {
  return draw("svg", { viewBox: "0 0 24 24", width: 18, height: 18, class: "icon", "aria-hidden": "true" },
    ...PATHS[name].map((d) => draw("path", { d })));
}

/** The mark of the product: a stitch. */
export function stitch(width, height) {
  return draw("svg", { viewBox: "0 0 32 20", width, height, class: "stitch-mark", "aria-hidden": "true" },
    draw("path", { d: "M3 15l6.500-10 6.500 10 6.500-10 6.500 10", fill: "none" }));
}

/** A thread between traces that are not there yet. */
export function thread() {
  return draw("svg", { viewBox: "0 0 280 90", class: "thread", "aria-hidden": "true" },
    draw("path", { d: "M8 60C52 8 78 8 104 46s58 42 84 4 50-36 84-8", fill: "none" }),
    draw("circle", { cx: 8, cy: 60, r: 5 }), draw("circle", { cx: 104, cy: 46, r: 5 }),
    draw("circle", { cx: 188, cy: 50, r: 5 }), draw("circle", { cx: 272, cy: 42, r: 5 }));
}
