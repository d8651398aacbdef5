// Everything that was recorded of a run: each step opens to its tries, with their values, errors and requests.

import { h } from "../dom.js";
import { icon } from "../icon.js";
import { duration } from "../time.js";
import { actions } from "./action.js";

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
    part.input !== null && disclosure("What started it", value(part.input)),
    h("ol.trace-steps", { "aria-label": "Steps" }, part.steps.map(step)),
    actions(part.actions),
  );
}

function step(one, index) {
  const last = one.attempts.at(-1);
  const state = last?.state ?? "pending";
  const head = [
    h(`span.state.state-${state}`, {}, icon(ICONS[state])),
    h("span.trace-title", { dir: "auto" }, `${index + 1}. ${one.title}`, h("span.hidden", {}, `: ${state}`)),
    h("span.facts", {}, tries(one)),
  ];
  if (!last) return h("li.trace-step", {}, h("div.trace-head", {}, head));
  return h(
    "li.trace-step",
    { dataset: { key: one.id } },
    h(
      "details",
      { open: state === "failed" },
      h("summary.trace-head", {}, head, icon("chevron")),
      h("ol.attempts", { "aria-label": `Tries of ${one.title}` }, one.attempts.map(attempt)),
      one.left_out > 0 && h("p.muted.left-out", {}, `${one.left_out} more are not shown.`),
    ),
  );
}

function tries(one) {
  const count = one.attempts.length + one.left_out;
  return count > 1 ? `${count} tries` : count ? time(one.attempts[0]) : "not reached";
}

const time = (one) => (one.took_ms === null ? "" : duration(one.took_ms));

function attempt(one) {
  const facts = [
    one.item !== null && `item ${one.item + 1}`,
    `try ${one.number}`,
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
      h("span.hidden", {}, `: ${one.state}`),
    ),
    one.error && failure(one),
    h(
      "div.attempt-values",
      {},
      one.input !== null && disclosure("Given", value(one.input)),
      one.output !== null && disclosure("Result", value(one.output)),
      one.requests.length > 0 && disclosure("Would have sent", one.requests.map(value)),
      disclosure("Idempotency key", value(one.idempotency_key)),
    ),
  );
}

function failure(one) {
  return h(
    "div.failure",
    {},
    h("p.failure-text", { dir: "auto" }, icon("alert"), h("span", {}, `${one.error} (${one.cause})`)),
    one.advice && h("p.advice", { dir: "auto" }, h("strong", {}, "What you can do: "), one.advice),
  );
}

function disclosure(title, ...content) {
  return h("details.more", {}, h("summary", {}, icon("chevron"), title), content);
}

function value(json) {
  const text = typeof json === "string" ? json : JSON.stringify(json, null, 2);
  return h("pre.value-json", { tabindex: "0", dir: "auto" }, text);
}
