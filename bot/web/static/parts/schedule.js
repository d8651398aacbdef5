// When something runs: in words, and the next times.

import { h } from "../dom.js";
import { icon } from "../icon.js";

const SHOWN = 3;

/** Null when there is neither a schedule nor a trigger to speak of. */
export function when(schedule, triggerText, words) {
  if (!schedule && !triggerText) return null;
  if (!schedule) return trigger(triggerText, words);
  const times = schedule.next_shown.slice(0, SHOWN).map((shown, index) =>
    h("li", {}, h("time", { datetime: schedule.next[index] ?? null }, shown)),
  );
  const saysMore = times.length > 1 || (times.length === 1 && !schedule.words.includes(schedule.next_shown[0]));
  return h(
    "div.when",
    {},
    icon("calendar"),
    h(
      "div",
      {},
      h("div.when-words", {}, schedule.words, " ", h("span.zone", {}, schedule.timezone.replaceAll("_", " "))),
      saysMore && h("ol.next", { "aria-label": words.next }, times),
    ),
  );
}

/** A webhook's address can be copied; anything else is just said. */
function trigger(text, words) {
  const address = text.match(/https?:\/\/\S*\/hooks\/[\w-]+/)?.[0];
  if (!address) return h("div.when", {}, icon("play"), h("div.when-words", { dir: "auto" }, text));
  const [before, after] = text.split(address);
  const copy = h("button.link", { type: "button", dataset: { copy: address } }, words.copy);
  return h("div.when", {}, icon("hook"), h("div.when-words", { dir: "auto" }, before, h("code", {}, address), after, copy));
}
