// Which renderer shows which kind of part. A renderer is a pure function of the part and the scene.

import { h } from "../dom.js";
import { approval } from "./approval.js";
import { choices } from "./choices.js";
import { form } from "./form.js";
import { list } from "./list.js";
import { proposal } from "./proposal.js";
import { run } from "./run.js";
import { text } from "./text.js";
import { trace } from "./trace.js";
import { workflow } from "./workflow.js";
import { panel } from "../words.js";

const RENDERERS = { text, choices, form, proposal, run, trace, workflow, approval, list };

/** `scene`: { origin, message, calendar }. A part that this version does not know is said to be unknown. */
export function renderPart(part, scene) {
  const renderer = RENDERERS[part.kind];
  return renderer ? renderer(part, scene) : h("p.muted", {}, panel.unknown_part);
}
