// Buttons. A press is taken at the component's root by `data-action`; one that needs a second yes asks in place.

import { h } from "../dom.js";
import { panel } from "../words.js";

export function button(action) {
  const { id, label, style = "secondary", confirm = "" } = action;
  return h(
    `button.button.button-${style}`,
    { type: "button", dataset: { action: id, key: id, style, ...(confirm ? { confirm } : {}) } },
    label,
  );
}

/** A row of buttons, the most likely one first; null when there are none. */
export function actions(list) {
  if (!list?.length) return null;
  const order = { primary: 0, secondary: 1, danger: 2 };
  const sorted = [...list].sort((one, other) => order[one.style] - order[other.style]);
  return h("div.actions", { role: "group", "aria-label": panel.can_do, dataset: { key: "actions" } }, sorted.map(button));
}

/** Replace a row of buttons by the question whether this is really meant. */
export function askOnce(pressed) {
  const row = pressed.closest(".actions") ?? pressed;
  const kept = [...row.childNodes];
  const label = pressed.textContent;
  const back = h("button.button.button-secondary", { type: "button" }, panel.keep);
  const yes = h("button.button.button-danger-solid", { type: "button", dataset: { action: pressed.dataset.action } }, label);
  const restore = (focus) => {
    delete row.dataset.hold;
    row.replaceChildren(...kept);
    if (focus) pressed.focus();
  };
  back.addEventListener("click", () => restore(true));
  yes.addEventListener("click", () => queueMicrotask(() => restore(false)));
  row.addEventListener("keydown", (event) => event.key === "Escape" && row.dataset.hold !== undefined && restore(true));
  row.dataset.hold = "";
  row.replaceChildren(h("p.ask", { role: "alert" }, pressed.dataset.confirm), yes, back);
  back.focus();
}
