// The log of a conversation on screen: messages in order of `seq`, each once; own messages at once, before the server
// has them; the latest in view unless the person scrolled up. Knows nothing of the network.

import { h, markup, morph } from "./dom.js";
import { icon, mark } from "./icon.js";
import { renderPart } from "./parts/part.js";
import { said } from "./parts/text.js";
import { panel } from "./words.js";

const NEAR_PX = 80;

export class Log {
  #list = h("div.log", { role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": panel.conversation });
  #typing = h("div.typing", { hidden: true }, h("span.avatar", {}, mark()), h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span.hidden", {}, panel.working));
  #writing = h("div.message.from-errand.is-writing", { "aria-hidden": "true" }, h("span.avatar", {}, mark()), h("div.parts"));
  #end = h("div.end");
  #jump = h("button.jump", { type: "button", hidden: true, onclick: () => this.toEnd(true) }, icon("down"), panel.new_messages);
  #shown = new Map(); // message id -> { seq, element }
  #echoes = new Map(); // cid -> element
  #last = null;
  #isAtEnd = true;
  #top = 0;

  constructor(origin, calendar) {
    this.origin = origin;
    this.calendar = calendar;
    this.element = h("div.scroll", { tabindex: "-1" }, h("div.column", {}, this.#list, this.#typing, this.#end), this.#jump);
    this.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const resized = new ResizeObserver(() => this.#isAtEnd && this.toEnd()); // of what is in it, or of what is left for it
    for (const one of [this.element, this.element.firstChild]) resized.observe(one);
  }

  get isEmpty() {
    return this.#shown.size === 0 && this.#echoes.size === 0;
  }

  /** Add a message that is not shown yet; one with a greater `seq` than all others, as the stream sends them. */
  add(message) {
    if (this.#shown.has(message.message_id)) return this.update(message);
    if (message.author === "person") this.#dropEcho(message);
    else this.writing = "";
    const element = this.#article(message);
    // An own message belongs above those of the same person that are still on their way.
    const below = message.author === "person" ? ([...this.#echoes.values()][0] ?? null) : null;
    for (const one of [...this.#dividers(message), element]) this.#list.insertBefore(one, below);
    this.#shown.set(message.message_id, { seq: message.seq, element });
    this.#last = message;
    this.#settleQuestions();
    if (this.#isAtEnd || message.author === "person") this.toEnd();
    else this.#jump.hidden = false;
    return element;
  }

  /** Show a changed message in place. */
  update(message) {
    const known = this.#shown.get(message.message_id);
    if (known) morph(known.element, this.#article(message));
    return known?.element;
  }

  /** Show what the person just said. Presses and forms show nothing of their own. */
  echo(entry) {
    const { text, files = [] } = entry.content;
    if (text === undefined) return;
    const state = h("span.sending", {}, icon("clock"), h("span.hidden", {}, panel.sending));
    const element = h("article.message.from-person.is-echo", {}, h("div.bubble", {}, said(text, files.map((path) => ({ name: path, path })), this.origin)), state);
    element.dataset.said = line(text, files);
    this.#echoes.set(entry.cid, element);
    this.#list.append(element);
    this.toEnd();
  }

  /** The server has it: its message is in the log. */
  settle(entry) {
    this.#echoes.get(entry.cid)?.remove();
    this.#echoes.delete(entry.cid);
  }

  /** The server could not take it. */
  fail(entry, problem, again) {
    const element = this.#echoes.get(entry.cid);
    if (!element) return false;
    this.#echoes.delete(entry.cid);
    element.classList.add("is-failed");
    const retry = () => {
      element.remove();
      again();
    };
    element.lastChild.replaceWith(
      h("div.not-sent", { role: "alert" }, icon("alert"), h("span", {}, `${panel.not_sent} ${problem.message} ${problem.advice}`), h("button.link", { type: "button", onclick: retry }, panel.send_again)),
    );
    this.toEnd();
    return true;
  }

  /** An answer as far as it is written, until its message takes its place. */
  set writing(html) {
    this.#writing.lastChild.replaceChildren(markup(h("div.prose", { dir: "auto" }), html, this.origin));
    if (html) this.#typing.before(this.#writing);
    else this.#writing.remove();
    this.#typing.classList.toggle("is-covered", Boolean(html));
    if (html && this.#isAtEnd) this.toEnd();
  }

  set isTyping(value) {
    this.#typing.hidden = !value;
    if (value && this.#isAtEnd) this.toEnd();
  }

  toEnd(smoothly = false) {
    this.#isAtEnd = true;
    this.#jump.hidden = true;
    this.element.scrollTo({ top: this.element.scrollHeight, behavior: smoothly ? "smooth" : "instant" });
    this.#top = this.element.scrollTop;
  }

  /** Only who scrolls up leaves the end: what has grown since a scroll is heard of before its size is. */
  #scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    if (scrollHeight - scrollTop - clientHeight < NEAR_PX) this.#isAtEnd = true;
    else if (scrollTop < this.#top) this.#isAtEnd = false;
    if (this.#isAtEnd) this.#jump.hidden = true;
    this.#top = scrollTop;
  }

  #dropEcho(message) {
    const part = message.parts.find((one) => one.kind === "text");
    const text = part && line(part.text, part.files.map((file) => file.path));
    for (const [cid, element] of this.#echoes) {
      if (element.dataset.said !== text) continue;
      element.remove();
      this.#echoes.delete(cid);
      return;
    }
  }

  #dividers(message) {
    const last = this.#last;
    const divider = (content) => h("p.divider", {}, content);
    const isNewDay = !last || this.calendar.dayKey(last.at) !== this.calendar.dayKey(message.at);
    return [
      (last?.seq ?? 0) + 1 < message.seq && divider(h("span", {}, panel.earlier)),
      isNewDay && divider(h("time", { datetime: message.at }, this.calendar.day(message.at))),
    ].filter(Boolean);
  }

  #article(message) {
    const isOwn = message.author === "person";
    const parts = message.parts.map((part) => renderPart(part, { origin: this.origin, message, calendar: this.calendar }));
    const time = h("time.at", { datetime: message.at, title: this.calendar.full(message.at) }, this.calendar.clock(message.at));
    const name = h("span.hidden", {}, `${isOwn ? panel.you_said : panel.errand_said} `);
    return h(
      `article.message.from-${message.author}`,
      { dataset: { seq: message.seq } },
      isOwn ? h("div.bubble", {}, name, parts) : [h("span.avatar", {}, mark()), h("div.parts", {}, name, parts)],
      time,
    );
  }

  /** Choices above the newest message of the person are history: still there, but quiet. */
  #settleQuestions() {
    const own = [...this.#list.querySelectorAll(".from-person:not(.is-echo)")].at(-1);
    for (const element of this.#list.querySelectorAll(".choices:not(.is-past), .form:not(.is-past)")) {
      const isPast = own && element.compareDocumentPosition(own) & Node.DOCUMENT_POSITION_FOLLOWING;
      if (isPast) element.classList.add("is-past");
    }
  }
}

/** By this a message is known to be what was just said. */
const line = (text, paths) => [text.trim(), ...paths].join("\n");
