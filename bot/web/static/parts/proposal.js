// The card that waits for a yes: exactly what will happen, with which values, from where, and when.

import { h, say } from "../dom.js";
import { icon } from "../icon.js";
import { actions } from "./action.js";
import { when } from "./schedule.js";

const ICONS = {
  open: "clock",
  approved: "check",
  declined: "cross",
  superseded: "repeat",
};

export function proposal(part) {
  const { words } = part;
  const isOpen = part.state === "open";
  const body = [
    when(part.schedule, part.trigger_text, words),
    limits(part.limits),
    values(part.values, words),
    steps(part.steps, words),
    accounts(part.connections, words),
  ];
  return h(
    `section.card.proposal.is-${part.state}`,
    { "aria-label": `${part.title}: ${part.state_text.toLowerCase()}`, dataset: { key: `${part.proposal_id}-${part.state}` } },
    h(
      "header.card-head",
      {},
      h("p.eyebrow", {}, icon(ICONS[part.state]), part.state_text),
      h("h3", { dir: "auto" }, part.title),
      part.summary && isOpen && h("p.summary", { dir: "auto" }, part.summary),
    ),
    isOpen ? body : h("details.more", {}, h("summary", {}, icon("chevron"), words.shown_before), body),
    part.warnings.length > 0 && isOpen && warnings(part.warnings, words),
    actions(part.actions),
  );
}

function values(list, words) {
  if (!list.length) return null;
  return h(
    "dl.values",
    {},
    list.map((one) => {
      return h(
        `div.value${one.is_changed ? ".is-changed" : ""}`,
        {},
        h("dt", { dir: "auto" }, one.label),
        h(
          "dd",
          {},
          h("span.value-text", { dir: "auto" }, one.value || h("span.muted", {}, words.nothing)),
          h(`span.tag.tag-${one.source}`, {}, one.is_changed ? words.changed : words[one.source]),
        ),
      );
    }),
  );
}

function steps(list, words) {
  return h(
    "div.plan",
    {},
    h("h4", {}, list.length === 1 ? words.steps_one : say(words.steps_other, { n: list.length })),
    h(
      "ol.steps",
      {},
      list.map((step, index) => {
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
              h(`span.badge.badge-${step.effect}`, { title: words[`${step.effect}_hint`] }, words[step.effect]),
              step.risk === "high" && h("span.badge.badge-risk", {}, icon("alert"), words.warns),
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

function accounts(names, words) {
  return names.length > 0 && h("p.accounts", {}, icon("person"), h("span", {}, say(words.uses, { name: names.join(", ") })));
}

function warnings(list, words) {
  return h("ul.warnings", { "aria-label": words.note }, list.map((text) => h("li", { dir: "auto" }, icon("alert"), h("span", {}, text))));
}
