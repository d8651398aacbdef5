// A text: Errand's as HTML that the server made of its Markdown, a person's as it was typed.

import { h, markup } from "../dom.js";
import { icon } from "../icon.js";

export function text(part, scene) {
  if (scene.message.author === "person") return h("div.said", { dir: "auto" }, part.text);
  if (part.tone === "plain") return markup(h("div.prose", { dir: "auto" }), part.html, scene.origin);
  const isError = part.tone === "error";
  return h(
    `div.note.note-${part.tone}`,
    { role: isError ? "alert" : null },
    icon(isError ? "alert" : "check"),
    markup(h("div.prose", { dir: "auto" }), part.html, scene.origin),
  );
}
