// Errand's own icons, on a grid of 16, drawn as strokes in the text's colour. Decoration only: hidden from screen readers.

const PATHS = {
  alert: ["M8 2.2 14.4 13.3H1.6Z", "M8 6.4v3.2", "M8 11.5v.1"],
  arrow: ["M8 13V3.2", "M3.6 7.6 8 3.2l4.4 4.4"],
  attach: ["M13 7.4 7.7 12.7a3.3 3.3 0 0 1-4.7-4.7L8.5 2.5a2.2 2.2 0 0 1 3.1 3.1L6.3 11a1.1 1.1 0 0 1-1.6-1.6l4.9-4.9"],
  calendar: ["M2.5 3.8h11v9.7h-11Z", "M2.5 6.8h11", "M5.3 2v3", "M10.7 2v3"],
  check: ["M3 8.6 6.4 12 13 4.6"],
  chevron: ["M6 3.5 10.5 8 6 12.5"],
  clock: ["M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2", "M8 4.8V8l2.3 1.6"],
  cross: ["M4 4l8 8", "M12 4l-8 8"],
  dash: ["M4.5 8h7"],
  down: ["M8 3v9.8", "M3.6 8.4 8 12.8l4.4-4.4"],
  gallery: ["M2.5 2.5h4.6v4.6H2.5Z", "M8.9 2.5h4.6v4.6H8.9Z", "M2.5 8.9h4.6v4.6H2.5Z", "M11.2 8.9v4.6", "M8.9 11.2h4.6"],
  hook: ["M8 5.9a2.1 2.1 0 1 1 1.8-3.2", "M8 4 5.2 9.6", "M4.3 8.9a2.1 2.1 0 1 0 2 3.6H11", "M11.7 14.4a2.1 2.1 0 1 0-1.6-3.4", "M11.3 12.3 8 5.6"],
  menu: ["M2.5 4.5h11", "M2.5 8h11", "M2.5 11.5h7"],
  pause: ["M5.5 4v8", "M10.5 4v8"],
  person: ["M8 2.4a2.9 2.9 0 1 1 0 5.8 2.9 2.9 0 0 1 0-5.8", "M2.6 13.8c.6-2.6 2.7-4 5.4-4s4.8 1.4 5.4 4"],
  play: ["M5 3.2v9.6L12.8 8Z"],
  plus: ["M8 3v10", "M3 8h10"],
  repeat: ["M13 6.2A5.3 5.3 0 0 0 3.4 5.4L2.6 7", "M2.4 3.6 2.6 7l3.3-.5", "M3 9.8a5.3 5.3 0 0 0 9.6.8l.8-1.6", "M13.6 12.4 13.4 9l-3.3.5"],
  search: ["M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9", "M10.4 10.4 14 14"],
  spinner: ["M8 2a6 6 0 0 1 6 6"],
  waiting: ["M4 2.5h8", "M4 13.5h8", "M5 2.5c0 3 3 3.6 3 5.5s-3 2.5-3 5.5", "M11 2.5c0 3-3 3.6-3 5.5s3 2.5 3 5.5"],
};

/** Return an icon. `name` is one of the paths above. */
export function icon(name) {
  const svg = node("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: `icon icon-${name}` });
  for (const path of PATHS[name]) svg.append(node("path", { d: path }));
  return svg;
}

/** Return Errand's mark: a path from a dot, round the corner, to a tick. */
export function mark() {
  const svg = node("svg", { viewBox: "0 0 32 32", "aria-hidden": "true", class: "mark" });
  svg.append(
    node("rect", { width: 32, height: 32, rx: 9, class: "mark-ground" }),
    node("path", { d: "M8.5 9.5h9a4.2 4.2 0 0 1 0 8.4h-2.8", class: "mark-way" }),
    node("path", { d: "M8.6 19.4 12.7 23.5 20.6 14.8", class: "mark-tick" }),
    node("circle", { cx: 8.5, cy: 9.5, r: 2.4, class: "mark-start" }),
  );
  return svg;
}

function node(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
