// What an approval step asks: the question, the values, who is asked and what they said. Buttons only for who may answer.

import { h, say } from "../dom.js";
import { icon } from "../icon.js";
import { actions } from "./action.js";

const ICONS = { open: "clock", approved: "check", rejected: "cross", expired: "waiting", cancelled: "dash" };
const ANSWERS = { "": ["clock", "unanswered"], yes: ["check", "yes"], no: ["cross", "no"] };

export function approval(part) {
  return h(
    `section.card.approval.is-${part.state}${part.is_edited ? ".is-edited" : ""}`,
    {
      "aria-label": `${part.title}: ${part.state_text.toLowerCase()}`,
      // Another digest is another question: the card is made anew, so that no press meant for the old one lands on it.
      dataset: { approval: part.approval_id, state: part.state, key: `${part.approval_id}-${part.digest}-${part.state}` },
    },
    h("header.card-head", {}, h("p.eyebrow", {}, icon(ICONS[part.state]), part.state_text), h("p.asker", { dir: "auto" }, part.title)),
    h("p.question", { dir: "auto" }, part.question),
    part.fields.length > 0 && fields(part.fields, part.words),
    people(part),
    part.notes.length > 0 && h("ul.notes", {}, part.notes.map((note) => h("li", { dir: "auto" }, note))),
    actions(part.actions),
  );
}

function fields(list, words) {
  return h(
    "dl.values",
    {},
    list.map((one) =>
      h(
        "div.value",
        {},
        h("dt", { dir: "auto" }, one.label),
        h(
          "dd",
          {},
          h("span.value-text", { dir: "auto" }, one.value || h("span.muted", {}, words.nothing)),
          one.is_editable && h("span.tag", {}, words.editable),
        ),
      ),
    ),
  );
}

function people(part) {
  return h(
    "div.asked",
    {},
    part.quorum > 1 && part.state === "open" && meter(part),
    h("ul.people", { "aria-label": part.words.people }, part.approvers.map((one) => person(one, part.state, part.words))),
  );
}

function meter({ yeses, quorum, words }) {
  return h("div.bar", {}, h("progress", { max: quorum, value: yeses, "aria-label": words.yes }), h("span", {}, say(words.of_n, { n: yeses, total: quorum })));
}

function person({ name, is_you: isYou, answer, detail }, state, words) {
  const [symbol, word] = ANSWERS[answer];
  const isOver = state !== "open" && !answer;
  return h(
    `li.person.said-${answer || "nothing"}`,
    {},
    icon(isOver ? "dash" : symbol),
    h(
      "span.person-text",
      { dir: "auto" },
      h("span.person-name", {}, name, isYou && h("span.muted", {}, ` (${words.you})`)),
      h("span.hidden", {}, ` ${words[word]}`),
      detail && h("span.person-detail", {}, detail),
    ),
  );
}
