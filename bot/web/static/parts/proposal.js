// The card that waits for a yes: exactly what will happen, with which values, from where, and when.

import { h } from "../dom.js";
import { icon } from "../icon.js";
import { actions } from "./action.js";
import { when } from "./schedule.js";

const SOURCES = {
  message: ["from your message", "Taken from what you wrote"],
  default: ["default", "Nobody said otherwise"],
  answer: ["you said", "You answered this question"],
  edit: ["edited", "You changed this"],
  suggestion: ["suggested", "A suggestion that you may change"],
};
const EFFECTS = {
  read: ["reads", "Only looks; changes nothing"],
  idempotent: ["repeatable", "Safe to repeat: doing it twice is the same as once"],
  once: ["sends once", "Happens in the world and is never repeated blindly"],
};
const STATES = {
  open: ["Waiting for your yes", "clock"],
  approved: ["Approved", "check"],
  declined: ["Declined", "cross"],
  superseded: ["Replaced by a newer version", "repeat"],
};

export function proposal(part) {
  const [known, symbol] = STATES[part.state];
  const words = part.state_text || known;
  const isOpen = part.state === "open";
  const body = [
    when(part.schedule, part.trigger_text),
    limits(part.limits),
    values(part.values),
    steps(part.steps),
    accounts(part.connections),
  ];
  return h(
    `section.card.proposal.is-${part.state}`,
    { "aria-label": `${part.title}: ${words.toLowerCase()}`, dataset: { key: `${part.proposal_id}-${part.state}` } },
    h(
      "header.card-head",
      {},
      h("p.eyebrow", {}, icon(symbol), words),
      h("h3", { dir: "auto" }, part.title),
      part.summary && isOpen && h("p.summary", { dir: "auto" }, part.summary),
    ),
    isOpen ? body : h("details.more", {}, h("summary", {}, icon("chevron"), "What was shown"), body),
    part.warnings.length > 0 && isOpen && warnings(part.warnings),
    actions(part.actions),
  );
}

function values(list) {
  if (!list.length) return null;
  return h(
    "dl.values",
    {},
    list.map((one) => {
      const [tag, meaning] = SOURCES[one.source];
      return h(
        `div.value${one.is_changed ? ".is-changed" : ""}`,
        {},
        h("dt", { dir: "auto" }, one.label),
        h(
          "dd",
          {},
          h("span.value-text", { dir: "auto" }, one.value || h("span.muted", {}, "nothing")),
          h(`span.tag.tag-${one.source}`, { title: meaning }, one.is_changed ? "changed" : tag),
        ),
      );
    }),
  );
}

function steps(list) {
  return h(
    "div.plan",
    {},
    h("h4", {}, list.length === 1 ? "One step" : `${list.length} steps`),
    h(
      "ol.steps",
      {},
      list.map((step, index) => {
        const [word, meaning] = EFFECTS[step.effect];
        return h(
          "li.step",
          {},
          h("span.step-number", { "aria-hidden": "true" }, String(index + 1)),
          h(
            "div.step-body",
            {},
            h(
              "div.step-title",
              {},
              h("span", { dir: "auto" }, step.title),
              h(`span.badge.badge-${step.effect}`, { title: meaning }, word),
              step.risk === "high" && h("span.badge.badge-risk", { title: "Cannot be taken back" }, icon("alert"), "cannot be undone"),
            ),
            step.summary && step.summary !== step.title && h("p.step-summary", { dir: "auto" }, step.summary),
          ),
        );
      }),
    ),
  );
}

function limits(texts) {
  return texts.map((text) => h("p.accounts", {}, icon("clock"), h("span", {}, text)));
}

function accounts(names) {
  return names.length > 0 && h("p.accounts", {}, icon("person"), h("span", {}, "Uses ", names.join(", ")));
}

function warnings(list) {
  return h("ul.warnings", { "aria-label": "Please note" }, list.map((text) => h("li", { dir: "auto" }, icon("alert"), h("span", {}, text))));
}
