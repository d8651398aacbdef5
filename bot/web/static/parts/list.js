// A titled list whose entries may carry buttons.

import { h } from "../dom.js";
import { actions } from "./action.js";
import { panel } from "../words.js";

export function list(part) {
  return h(
    "section.card.list",
    { "aria-label": part.title },
    h("header.card-head", {}, h("h3", { dir: "auto" }, part.title)),
    part.items.length
      ? h("ul.items", {}, part.items.map(item))
      : h("p.muted.empty-list", {}, part.empty || panel.nothing_here),
    actions(part.actions),
  );
}

function item({ title, detail, actions: buttons }) {
  return h(
    "li.item",
    {},
    h("div.item-text", {}, h("span.item-title", { dir: "auto" }, title), detail && h("span.item-detail", { dir: "auto" }, detail)),
    actions(buttons),
  );
}
