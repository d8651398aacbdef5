// Builds and patches elements. Text always goes in as text; `markup` is the only way in for HTML, and it takes only what
// the server rendered and sanitized.

import { panel } from "./words.js";

/**
 * Make an element: h("p.note", { title: "x", onclick: f, dataset: { id: 1 } }, "text", child, [more], null).
 * Attributes that are null or false are left out; true gives an empty attribute.
 */
export function h(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  append(element, children);
  return element;
}

/** A sentence with its slots filled: say("{n} of {total}", { n: 1, total: 2 }). */
export const say = (text, slots) => text.replace(/\{(\w+)\}/g, (whole, name) => slots[name] ?? whole);

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "dataset") Object.assign(element.dataset, value);
  else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : String(value));
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child);
  }
}

/** Fill an element with HTML that the server sanitized; links to this Errand work in other pages too. */
export function markup(element, html, origin = "") {
  element.innerHTML = html;
  for (const link of element.querySelectorAll('a[href^="/"]:not([href^="//"])')) {
    link.setAttribute("href", origin + link.getAttribute("href"));
  }
  for (const table of element.querySelectorAll("table")) {
    const frame = h("div.table", { tabindex: "0", role: "region", "aria-label": panel.table });
    table.replaceWith(frame);
    frame.append(table);
  }
  return element;
}

/**
 * Make `old` look like `fresh`, keeping the nodes that both have, so that focus, open details, typed text and running
 * animations survive. An element with `data-hold` (a question being asked in place) keeps its content.
 */
export function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || key(old) !== key(fresh)) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.dataset.hold !== undefined) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !kept(old, name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((child, index) => (before[index] ? morph(before[index], child) : old.append(child)));
  before.slice(after.length).forEach((child) => child.remove());
}

const key = (node) => (node.dataset ? (node.dataset.key ?? "") : "");
const kept = (element, name) => name === "open" && element.nodeName === "DETAILS";
