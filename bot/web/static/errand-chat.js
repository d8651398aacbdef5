// <errand-chat>: a conversation with Errand in any page, with one script tag and no dependency.
//
//   <script type="module" src="https://errand.example.com/static/errand-chat.js"></script>
//   <errand-chat src="https://errand.example.com" conversation="cnv_…" theme="auto"></errand-chat>
//
// Attributes: `src` is Errand's address (none: the page's own), `conversation` an id (none: the newest, or a new one),
// `theme` light, dark or auto. Give the element a height. Properties and methods: say(text), fill(text), focus().
// Events: `errand-conversation` (detail.id), `errand-activity`, `errand-signed-out`.
//
// Whose conversation: the person's who is signed in to Errand in this browser. The session cookie is SameSite=Strict, so
// the page must be of the same site (chat.example.com in app.example.com works, another domain does not), and Errand's
// operator must have listed the page's origin among those that may embed. Otherwise the element says it is signed out.

import { Api } from "./api.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { h } from "./dom.js";
import { icon } from "./icon.js";
import { Log } from "./log.js";
import { askOnce } from "./parts/action.js";
import { check, focusField, read, say as sayAt } from "./parts/form.js";
import { Seen } from "./seen.js";
import { cardSheet } from "./sheet/card.js";
import { chatSheet } from "./sheet/chat.js";
import { tokenSheet } from "./sheet/token.js";
import { Calendar, tick } from "./time.js";
import { elsewhere, failed, signedOut, welcome } from "./welcome.js";
import { panel } from "./words.js";

const GRACE_MS = 900; // a line that is back sooner than this was never worth a word
const THINKING_MS = 250;

export class ErrandChat extends HTMLElement {
  static observedAttributes = ["conversation", "src"];

  #root = this.attachShadow({ mode: "open" });
  #api = null;
  #connection = null;
  #log = null;
  #composer = null;
  #banner = h("div.banner", { role: "status", hidden: true });
  #alert = h("div.banner.banner-error", { role: "alert", hidden: true });
  #welcome = null;
  #said = h("p.hidden", { role: "status" });
  #stopTick = null;
  #graceTimer = 0;
  #seen = null;
  #busy = new Map(); // cid -> elements that wait for its acknowledgement

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [tokenSheet, chatSheet, cardSheet];
    this.#root.addEventListener("click", (event) => this.#clicked(event));
    this.#root.addEventListener("submit", (event) => this.#submitted(event));
    this.#root.addEventListener("input", (event) => event.target.matches?.("[aria-invalid]") && sayAt(event.target, ""));
  }

  connectedCallback() {
    this.#start();
  }

  disconnectedCallback() {
    this.#stop();
  }

  attributeChangedCallback(name, before, after) {
    if (this.isConnected && this.#api && before !== after && after !== this.#open) this.#start();
  }

  /** Say something as if it had been typed. */
  say(text) {
    this.#send({ text });
  }

  /** Put a text into the composer. */
  fill(text) {
    this.#composer?.fill(text);
  }

  focus() {
    this.#composer?.focus();
  }

  #open = null;

  async #start() {
    this.#stop();
    const api = (this.#api = new Api(this.getAttribute("src") ?? ""));
    try {
      const me = await api.get("/api/me");
      const { conversations } = await api.get("/api/conversations");
      const id = this.getAttribute("conversation") || (await this.#newest(api, conversations));
      const known = conversations.find((one) => one.id === id);
      if (api === this.#api && this.isConnected) this.#show(api, id, new Calendar(me.time_zone), known);
    } catch (error) {
      if (api === this.#api) this.#cannot(error);
    }
  }

  async #newest(api, conversations) {
    return (conversations.find((one) => one.surface === "web") ?? (await api.post("/api/conversations"))).id;
  }

  #show(api, id, calendar, known) {
    this.#open = id;
    this.#log = new Log(api.origin, calendar);
    this.#composer = new Composer({
      say: (text, files) => this.#send(files.length ? { text, files } : { text }),
      upload: (file, signal) => api.upload(file, signal),
    });
    this.#welcome = welcome((text) => this.fill(text));
    this.#log.element.firstChild.prepend(this.#welcome);
    const isElsewhere = known && known.surface !== "web";
    const foot = isElsewhere ? elsewhere(known) : this.#composer.element;
    const chat = h("div.chat", {}, this.#banner, this.#alert, this.#log.element, foot, this.#said);
    if (!isElsewhere) this.#composer.catchDrops(chat);
    this.#root.replaceChildren(chat);
    this.#stopTick = tick(this.#root);
    this.#seen = new Seen(api, id, () => this.hasAttribute("live"));
    this.#connection = new Connection(api, id, {
      onState: (state) => this.#state(state),
      onMessage: (message) => this.#message(message),
      onUpdate: (message) => this.#announce(message, this.#log.update(message)),
      onWriting: (html) => (this.#log.writing = html),
      onElsewhere: () => this.#tell("errand-activity"),
      onSettled: (entry) => this.#settled(entry),
      onFailed: (entry, problem) => this.#failed(entry, problem),
    });
    for (const entry of this.#connection.pending) this.#log.echo(entry);
    this.#connection.open();
    this.#tell("errand-conversation", { id });
  }

  #stop() {
    clearTimeout(this.#graceTimer);
    this.#seen?.close();
    this.#seen = null;
    this.#stopTick?.();
    this.#connection?.close();
    this.#connection = null;
    this.#open = null;
    this.#busy.clear();
    this.#banner.hidden = this.#alert.hidden = true;
  }

  #state(state) {
    clearTimeout(this.#graceTimer);
    this.toggleAttribute("live", state === "live");
    if (state !== "live") this.#log.writing = ""; // it comes again whole, or its message does
    if (state === "live") {
      this.#banner.hidden = true;
      this.#welcome.hidden = !this.#log.isEmpty;
      this.#seen?.soon();
      this.#tell("errand-activity"); // much may have happened while the line was down
    } else if (state === "lost") {
      this.#graceTimer = setTimeout(() => this.#notice(panel.lost, "spinner"), GRACE_MS);
    } else if (state === "signed-out") {
      this.#cannot({ status: 401 });
    } else if (state === "gone") {
      this.#notice(panel.gone, "alert");
    }
  }

  #notice(text, symbol) {
    this.#banner.replaceChildren(icon(symbol), h("span", {}, text));
    this.#banner.hidden = false;
  }

  #cannot(error) {
    const isSignedOut = error.status === 401;
    this.#root.replaceChildren(h("div.chat", {}, isSignedOut ? signedOut() : failed(error, () => this.#start())));
    if (isSignedOut) this.#tell("errand-signed-out");
  }

  #message(message) {
    const element = this.#log.add(message);
    this.#seen?.reach(message.seq);
    if (message.author === "person" && plain(message)) this.#composer.remember(plain(message));
    this.#welcome.hidden = true;
    // A form that was just asked for is filled next, unless the person is writing something else.
    if (this.hasAttribute("live") && !this.#composer.isInUse) focusField(element);
    this.#announce(message, element);
    this.#tell("errand-activity");
  }

  /** Screen readers hear how a run ended; its many small changes stay silent. */
  #announce(message, element) {
    for (const part of message.parts) {
      const isNew = element && element.dataset.told !== part.state;
      if (part.kind === "run" && isNew && ["waiting", "succeeded", "failed", "cancelled"].includes(part.state)) {
        element.dataset.told = part.state;
        this.#said.textContent = `${part.title}: ${part.state_text}`;
      }
    }
  }

  #send(content, elements = []) {
    this.#alert.hidden = true;
    const entry = this.#connection.send(content);
    this.#busy.set(entry.cid, elements);
    for (const element of elements) element.setAttribute("aria-busy", "true");
    this.#log.echo(entry);
    this.#welcome.hidden = true;
    setTimeout(() => this.#busy.has(entry.cid) && (this.#log.isTyping = true), THINKING_MS);
  }

  #settled(entry) {
    this.#log.settle(entry);
    const elements = this.#release(entry);
    for (const element of elements) if (element.matches("form")) element.classList.add("is-sent");
    // What was pressed is gone: whoever uses the keyboard goes on in the composer.
    if (elements.length && !this.#root.activeElement && !matchMedia("(hover: none)").matches) this.focus();
  }

  #failed(entry, problem) {
    this.#log.writing = "";
    this.#release(entry);
    const isShown = this.#log.fail(entry, problem, () => {
      this.#log.echo(entry);
      this.#connection.again(entry);
    });
    if (isShown) return;
    this.#alert.replaceChildren(icon("alert"), h("span", {}, `${problem.message} ${problem.advice}`));
    this.#alert.hidden = false;
  }

  #release(entry) {
    const elements = this.#busy.get(entry.cid) ?? [];
    this.#busy.delete(entry.cid);
    if (!this.#busy.size) this.#log.isTyping = false;
    for (const element of elements) element.removeAttribute("aria-busy");
    return elements;
  }

  #clicked(event) {
    const copy = event.target.closest?.("[data-copy]");
    if (copy) return this.#copy(copy);
    const pressed = event.target.closest?.("[data-action]");
    if (!pressed || pressed.closest("[aria-busy]")) return;
    const { action, confirm } = pressed.dataset;
    if (confirm) return askOnce(pressed);
    if (action.startsWith("ask:")) return this.say(action.slice(4));
    this.#send({ action }, [pressed]);
  }

  async #copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = panel.copied;
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling ?? button.parentElement); // plain HTTP: copy by hand
    }
  }

  #submitted(event) {
    const form = event.target.closest("[data-form]");
    if (!form) return;
    event.preventDefault();
    if (form.hasAttribute("aria-busy") || !check(form)) return;
    this.#send({ form: { action: form.dataset.form, fields: read(form) } }, [form]);
    for (const input of form.querySelectorAll("input[type=password]")) input.value = "";
  }

  #tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

const plain = (message) => message.parts.find((part) => part.kind === "text")?.text;

customElements.define("errand-chat", ErrandChat);
