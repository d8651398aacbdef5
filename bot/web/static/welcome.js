// What stands where there is no log, or no composer: the welcome with its examples, signed out, a failure, and where a
// conversation is held.

import { h, say } from "./dom.js";
import { mark } from "./icon.js";
import { panel } from "./words.js";

const EXAMPLES = [panel.example_reminder, panel.example_check, panel.example_mail];

/** Hidden until it is known that nothing was said yet. */
export function welcome(fill) {
  const examples = EXAMPLES.map((text) => h("button.option", { type: "button", onclick: () => fill(text) }, h("span.option-label", {}, text)));
  return h(
    "div.welcome",
    { hidden: true },
    mark(),
    h("h2", {}, panel.welcome),
    h("p.muted", {}, panel.welcome_hint),
    h("div.options", { role: "group", "aria-label": panel.examples }, examples),
  );
}

export function signedOut() {
  return h("div.welcome", {}, mark(), h("h2", {}, panel.signed_out), h("p.muted", {}, panel.signed_out_hint));
}

export function failed({ message, advice }, again) {
  const retry = h("button.button.button-secondary", { type: "button", onclick: again }, panel.try_again);
  return h("div.welcome", {}, mark(), h("h2", {}, message), h("p.muted", {}, advice), retry);
}

/** What stands below a conversation that is held on another surface. */
export function elsewhere({ surface, link }) {
  const name = surface[0].toUpperCase() + surface.slice(1);
  const open = link && h("a", { href: link, target: "_blank", rel: "noopener" }, say(panel.open_in, { name }));
  return h("div.foot", {}, h("p.column.held", {}, say(panel.held, { name }), " ", open));
}
