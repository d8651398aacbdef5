// What Errand can do: every template with sentences to ask for it, grouped and searchable. A click writes the sentence.

import { h, say } from "../dom.js";
import { icon } from "../icon.js";
import { categories, panel } from "../words.js";

const GROUPS = ["time", "email", "web", "data", "files", "chat", "webhook", "task", "meeting", "social"];

export class Gallery {
  #api;
  #take;
  #templates = null;
  #search = h("input", { type: "search", placeholder: panel.search, "aria-label": panel.search_gallery, oninput: () => this.#paint() });
  #body = h("div.gallery-body");
  #count = h("p.hidden", { role: "status" });

  /** `take(sentence)` is called with the sentence of a chosen entry. */
  constructor(api, take) {
    this.#api = api;
    this.#take = take;
    const close = h("button.icon-button", { type: "button", "aria-label": panel.close, onclick: () => this.element.close() }, icon("cross"));
    this.element = h(
      "dialog.sheet.gallery",
      { "aria-labelledby": "gallery-title", onclick: (event) => event.target === this.element && this.element.close() },
      h("header.sheet-head", {}, h("h2", { id: "gallery-title" }, panel.gallery), close),
      h("div.search", {}, icon("search"), this.#search),
      this.#count,
      this.#body,
    );
  }

  async open() {
    this.element.showModal();
    this.#search.focus();
    if (this.#templates) return;
    this.#body.replaceChildren(h("p.muted", {}, panel.loading));
    try {
      ({ templates: this.#templates } = await this.#api.get("/api/templates"));
      this.#paint();
    } catch (error) {
      this.#body.replaceChildren(h("p.muted", {}, error.message));
    }
  }

  #paint() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = (this.#templates ?? []).filter((one) => {
      const text = [one.title, one.summary, one.category, ...one.services, ...one.asks].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const groups = [...new Set([...GROUPS, ...found.map((one) => one.category)])];
    const sections = groups.map((group) => this.#group(group, found.filter((one) => one.category === group))).filter(Boolean);
    this.#body.replaceChildren(...(sections.length ? sections : [h("p.muted", {}, panel.nothing_fits)]));
    this.#body.scrollTop = 0;
    this.#count.textContent = words.length ? say(panel.found, { n: found.length }) : "";
  }

  #group(group, templates) {
    if (!templates.length) return null;
    return h(
      "section.group",
      { "aria-label": categories[group] ?? group },
      h("h3", {}, categories[group] ?? group),
      h("div.tiles", {}, templates.map((one) => this.#tile(one))),
    );
  }

  #tile({ title, summary, asks }) {
    const use = () => {
      this.element.close();
      this.#take(asks[0]);
    };
    return h(
      "button.tile",
      { type: "button", onclick: use },
      h("span.tile-title", {}, title),
      h("span.tile-summary", {}, summary),
      h("span.tile-ask", {}, "“", asks[0], "”"),
    );
  }
}
