// A saved automation: when it runs, how its last run went, what can be done with it.

import { h, say } from "../dom.js";
import { icon } from "../icon.js";
import { actions } from "./action.js";
import { when } from "./schedule.js";

const ICONS = { active: "repeat", paused: "pause", ended: "check", deleted: "cross" };

export function workflow(part) {
  const runs = part.runs === 1 ? part.words.runs_one : say(part.words.runs_other, { n: part.runs });
  return h(
    `section.card.workflow.is-${part.state}`,
    { "aria-label": part.title, dataset: { workflow: part.workflow_id, state: part.state } },
    h(
      "header.card-head.run-head",
      {},
      h(`span.state.state-${part.state}`, { dataset: { key: part.state } }, icon(ICONS[part.state])),
      h("div", {}, h("h3", { dir: "auto" }, part.title), h("p.state-text", {}, part.state_text)),
    ),
    part.state !== "deleted" && when(part.schedule, part.trigger_text, part.words),
    part.problem && h("p.failure-text", { dir: "auto" }, icon("alert"), h("span", {}, part.problem)),
    h("p.history", {}, part.last_run ? [part.last_run, part.runs > 0 && ` · ${runs}`] : part.runs > 0 ? runs : part.words.never_ran),
    actions(part.actions),
  );
}
