// Everything that was recorded of a run: each step opens to its tries, with their values, errors and requests.

import { h, say } from "../dom.js";
import { icon } from "../icon.js";
import { duration } from "../time.js";
import { actions } from "./action.js";
import { panel } from "../words.js";

const ICONS = {
  pending: "dash",
  running: "spinner",
  waiting: "waiting",
  succeeded: "check",
  failed: "cross",
  skipped: "dash",
  cancelled: "dash",
};

export function trace(part) {
  return h(
    "section.card.trace",
    { "aria-label": part.title, dataset: { key: part.run_id } },
    h("header.card-head", {}, h("h3", { dir: "auto" }, part.title), h("p.state-text", {}, part.state_text)),
    part.note && h("p.muted", {}, part.note),
    part.input !== null && disclosure(part.words.started_by, value(part.input)),
    h("ol.trace-steps", { "aria-label": part.words.steps }, part.steps.map((one, index) => step(one, index, part.words))),
    actions(part.actions),
  );
}

function step(one, index, words) {
  const last = one.attempts.at(-1);
  const state = last?.state ?? "pending";
  const head = [
    h(`span.state.state-${state}`, {}, icon(ICONS[state])),
    h("span.trace-title", { dir: "auto" }, `${index + 1}. ${one.title}`, h("span.hidden", {}, `: ${panel[`state_${state}`]}`)),
    h("span.facts", {}, tries(one, words)),
  ];
  if (!last) return h("li.trace-step", {}, h("div.trace-head", {}, head));
  return h(
    "li.trace-step",
    { dataset: { key: one.id } },
    h(
      "details",
      { open: state === "failed" },
      h("summary.trace-head", {}, head, icon("chevron")),
      h("ol.attempts", { "aria-label": one.title }, one.attempts.map((each) => attempt(each, words))),
      one.left_out > 0 && h("p.muted.left-out", {}, say(words.left_out, { n: one.left_out })),
    ),
  );
}

function tries(one, words) {
  const count = one.attempts.length + one.left_out;
  return count > 1 ? say(words.tries_n, { n: count }) : count ? time(one.attempts[0]) : words.not_reached;
}

const time = (one) => (one.took_ms === null ? "" : duration(one.took_ms));

function attempt(one, words) {
  const facts = [
    one.item !== null && say(words.item_n, { n: one.item + 1 }),
    say(words.try_n, { n: one.number }),
    one.started,
    time(one),
    one.note,
  ];
  return h(
    "li.attempt",
    { dataset: { key: `${one.item}-${one.number}` } },
    h(
      "p.attempt-line",
      {},
      h(`span.state.state-${one.state}`, {}, icon(ICONS[one.state])),
      h("time", { datetime: one.started_at }, facts.filter(Boolean).join(" · ")),
      h("span.hidden", {}, `: ${panel[`state_${one.state}`]}`),
    ),
    one.error && failure(one, words),
    h(
      "div.attempt-values",
      {},
      one.input !== null && disclosure(words.given, value(one.input)),
      one.output !== null && disclosure(words.result, value(one.output)),
      one.requests.length > 0 && disclosure(words.would_send, one.requests.map(value)),
      disclosure(words.key, value(one.idempotency_key)),
    ),
  );
}

function failure(one, words) {
  return h(
    "div.failure",
    {},
    h("p.failure-text", { dir: "auto" }, icon("alert"), h("span", {}, `${one.error} (${one.cause})`)),
    one.advice && h("p.advice", { dir: "auto" }, h("strong", {}, `${words.advice} `), one.advice),
  );
}

function disclosure(title, ...content) {
  return h("details.more", {}, h("summary", {}, icon("chevron"), title), content);
}

function value(json) {
  const text = typeof json === "string" ? json : JSON.stringify(json, null, 2);
  return h("pre.value-json", { tabindex: "0", dir: "auto" }, text);
}
