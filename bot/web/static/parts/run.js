// A run as its records show it, live: each step's state and time, tries, progress, the result or the error.

import { h, markup, say } from "../dom.js";
import { icon } from "../icon.js";
import { duration } from "../time.js";
import { actions } from "./action.js";
import { panel } from "../words.js";

const STEP_ICONS = {
  pending: "dash",
  running: "spinner",
  waiting: "waiting",
  succeeded: "check",
  failed: "cross",
  skipped: "dash",
  cancelled: "dash",
};
const RUN_ICONS = { ...STEP_ICONS, queued: "clock" };

export function run(part, scene) {
  return h(
    `section.card.run.is-${part.state}${part.is_rehearsal ? ".is-rehearsal" : ""}`,
    { "aria-label": part.is_rehearsal ? part.title : say(part.words.run_of, { name: part.title }), dataset: { run: part.run_id, state: part.state } },
    h(
      "header.card-head.run-head",
      {},
      h(`span.state.state-${part.state}`, { dataset: { key: part.state } }, icon(RUN_ICONS[part.state])),
      h(
        "div",
        {},
        h("h3", { dir: "auto" }, part.title),
        h("p.state-text", {}, part.state_text),
      ),
    ),
    part.steps.length > 0 && h("ol.progress", { "aria-label": part.words.steps, "aria-live": "off" }, part.steps.map((one) => step(one, part.words))),
    part.error && failure(part),
    part.result_html && markup(h("div.result.prose", { dir: "auto" }), part.result_html, scene.origin),
    actions(part.actions),
  );
}

function step(one, words) {
  return h(
    `li.progress-step.is-${one.state}`,
    { dataset: { key: one.id } },
    h(`span.state.state-${one.state}`, { dataset: { key: one.state } }, icon(STEP_ICONS[one.state])),
    h(
      "div.progress-body",
      {},
      h("div.progress-line", {}, h("span.progress-title", { dir: "auto" }, one.title, h("span.hidden", {}, `: ${panel[`state_${one.state}`]}`)), facts(one, words)),
      bar(one, words),
      one.detail && h("p.progress-detail", { dir: "auto" }, one.detail),
    ),
  );
}

function facts(one, words) {
  const isCounting = one.state === "running" && one.took_ms !== null;
  return h(
    "span.facts",
    {},
    one.attempts > 1 && h("span.tries", {}, icon("repeat"), say(words.try_n, { n: one.attempts })),
    one.took_ms !== null && h("span.took", isCounting ? { dataset: { took: one.took_ms } } : {}, duration(one.took_ms)),
  );
}

function bar(one, words) {
  if (one.items === null || one.items_done === null || one.items === 0) return null;
  return h(
    "div.bar",
    {},
    h("progress", { max: one.items, value: one.items_done, "aria-label": one.title }),
    h("span", {}, say(words.of_n, { n: one.items_done, total: one.items })),
  );
}

function failure(part) {
  return h(
    "div.failure",
    {},
    h("p.failure-text", { dir: "auto" }, icon("alert"), h("span", {}, part.error)),
    part.advice && h("p.advice", { dir: "auto" }, h("strong", {}, `${part.words.advice} `), part.advice),
  );
}
