// A question with buttons to choose from.

import { h, markup } from "../dom.js";
import { panel } from "../words.js";

export function choices(part, scene) {
  return h(
    "div.choices",
    {},
    part.text && markup(h("div.prose", { dir: "auto" }), part.html, scene.origin),
    h("div.options", { role: "group", "aria-label": panel.choices }, part.choices.map(option)),
  );
}

function option({ action, label, detail }) {
  return h(
    "button.option",
    { type: "button", dataset: { action, key: action } },
    h("span.option-label", { dir: "auto" }, label),
    detail && h("span.option-detail", { dir: "auto" }, detail),
  );
}
