// What an approval step asks: the question, the values, who is asked and what they said. Buttons only for who may answer.

import { h } from "../dom.js";
import { icon } from "../icon.js";
import { actions } from "./action.js";

const ICONS = { open: "clock", approved: "check", rejected: "cross", expired: "waiting", cancelled: "dash" };
const ANSWERS = { "": ["clock", "has not answered"], yes: ["check", "said yes"], no: ["cross", "said no"] };

export function approval(part) {
  return h(
    `section.card.approval.is-${part.state}${part.is_edited ? ".is-edited" : ""}`,
    {
      "aria-label": `${part.title} asks: ${part.state_text.toLowerCase()}`,
      // Another digest is another question: the card is made anew, so that no press meant for the old one lands on it.
      dataset: { approval: part.approval_id, state: part.state, key: `${part.approval_id}-${part.digest}-${part.state}` },
    },
    h("header.card-head", {}, h("p.eyebrow", {}, icon(ICONS[part.state]), part.state_text), h("p.asker", { dir: "auto" }, part.title)),
    h("p.question", { dir: "auto" }, part.question),
    part.fields.length > 0 && fields(part.fields),
    people(part),
    part.notes.length > 0 && h("ul.notes", {}, part.notes.map((note) => h("li", { dir: "auto" }, note))),
    actions(part.actions),
  );
}

function fields(list) {
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
          h("span.value-text", { dir: "auto" }, one.value || h("span.muted", {}, "nothing")),
          one.is_editable && h("span.tag", { title: "Whoever answers may change this" }, "can be changed"),
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
    h("ul.people", { "aria-label": "Who is asked" }, part.approvers.map((one) => person(one, part.state))),
  );
}

function meter({ yeses, quorum }) {
  return h("div.bar", {}, h("progress", { max: quorum, value: yeses, "aria-label": "Yeses" }), h("span", {}, `${yeses} of ${quorum}`));
}

function person({ name, is_you: isYou, answer, detail }, state) {
  const [symbol, words] = ANSWERS[answer];
  const isOver = state !== "open" && !answer;
  return h(
    `li.person.said-${answer || "nothing"}`,
    {},
    icon(isOver ? "dash" : symbol),
    h(
      "span.person-text",
      { dir: "auto" },
      h("span.person-name", {}, name, isYou && h("span.muted", {}, " (you)")),
      h("span.hidden", {}, ` ${words}`),
      detail && h("span.person-detail", {}, detail),
    ),
  );
}
