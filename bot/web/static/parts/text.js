// A text: Errand's as HTML that the server made of its Markdown, a person's as it was typed.

import { h, markup } from "../dom.js";
import { icon } from "../icon.js";
import { panel } from "../words.js";

export function text(part, scene) {
  if (scene.message.author === "person") return said(part.text, part.files, scene.origin);
  if (part.tone === "plain") return markup(h("div.prose", { dir: "auto" }), part.html, scene.origin);
  const isError = part.tone === "error";
  return h(
    `div.note.note-${part.tone}`,
    { role: isError ? "alert" : null },
    icon(isError ? "alert" : "check"),
    markup(h("div.prose", { dir: "auto" }), part.html, scene.origin),
  );
}

/** What a person said: their words as they typed them, and below what was attached, as far as it was kept. */
export function said(words, files, origin) {
  const listed = files.map((file) => h("li", {}, sent(file, origin)));
  return [words && h("div.said", { dir: "auto" }, words), listed.length > 0 && h("ul.sent", { role: "list", "aria-label": panel.attached }, listed)];
}

function sent({ name, path }, origin) {
  if (!path) return h("span.file", {}, icon("alert"), h("bdi", {}, name));
  const href = `${origin}/api/files/${path.split("/").map(encodeURIComponent).join("/")}`;
  return h("a.file", { href, download: name }, icon("attach"), h("bdi", {}, path));
}
