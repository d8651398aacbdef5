// Where people write: grows with the text, Enter sends, Up takes the last own message back. Files that are picked, dropped or
// pasted go beside the words.

import { Attachments } from "./attachment.js";
import { h } from "./dom.js";
import { icon } from "./icon.js";
import { panel } from "./words.js";

const TALLEST_PX = 220;
const KEYS = [
  [[panel.key_enter], panel.keys_send],
  [[panel.key_shift, panel.key_enter], panel.keys_line],
  [["↑"], panel.keys_last],
];

export class Composer {
  #input = h("textarea.input", {
    rows: 1,
    "aria-label": panel.message,
    placeholder: panel.welcome,
    enterkeyhint: "send",
    maxlength: 100_000,
    oninput: () => this.#changed(),
    onpaste: (event) => this.#pasted(event),
    onkeydown: (event) => this.#key(event),
  });
  #send = h("button.send", { type: "submit", "aria-label": panel.send, title: panel.send_hint, disabled: true }, icon("arrow"));
  #picker = h("input", { type: "file", hidden: true, multiple: true, "aria-hidden": "true", tabindex: "-1", onchange: () => this.#picked() });
  #status = h("p.hidden", { role: "status" });
  #files;
  #say;
  #last = "";
  #isWaiting = false;

  /** `say(text, paths)` sends; `upload(file, signal)` returns a promise of { path }. */
  constructor({ say, upload }) {
    this.#say = say;
    this.#files = new Attachments({
      upload,
      tell: (text) => (this.#status.textContent = text),
      changed: () => this.#changed(),
      emptied: () => this.focus(),
    });
    const attach = h("button.attach", { type: "button", "aria-label": panel.attach, title: panel.attach, onclick: () => this.#picker.click() }, icon("attach"));
    const box = h("form.composer", { onsubmit: (event) => this.#submit(event) }, this.#files.element, attach, this.#input, this.#picker, this.#send);
    this.element = h(
      "div.foot",
      {},
      h("div.column", {}, this.#status, box, h("p.keys", { "aria-hidden": "true" }, KEYS.map(key))),
    );
  }

  /** Whether something is being written. */
  get isInUse() {
    return this.#input.value !== "" || this.#files.hasFiles;
  }

  /** Take what is dropped anywhere in this element. */
  catchDrops(element) {
    const hint = (isOver) => element.classList.toggle("is-dropping", isOver);
    const ours = (does) => (event) => {
      if (!event.dataTransfer.types.includes("Files")) return; // a dragged text is the browser's
      event.preventDefault();
      does(event);
    };
    element.addEventListener("dragover", ours(() => hint(true)));
    element.addEventListener("dragleave", (event) => element.contains(event.relatedTarget) || hint(false));
    element.addEventListener("drop", () => hint(false));
    element.addEventListener("drop", ours((event) => this.#attach(event.dataTransfer.files)));
  }

  focus() {
    this.#input.focus();
  }

  /** Put a text in, ready to be changed and sent. */
  fill(text) {
    this.#input.value = text;
    this.#changed();
    this.focus();
    this.#input.setSelectionRange(text.length, text.length);
  }

  remember(text) {
    this.#last = text;
  }

  #changed() {
    if (this.#isWaiting && !this.#files.isUploading) {
      this.#wait(false);
      if (!this.#files.hasProblems) this.#go();
    }
    this.#send.disabled = !this.#input.value.trim() && !this.#files.hasFiles;
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(TALLEST_PX, this.#input.scrollHeight)}px`;
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit(event);
    } else if (event.key === "ArrowUp" && !this.#input.value && this.#last) {
      event.preventDefault();
      this.fill(this.#last);
    } else if (event.key === "Escape" && this.#input.value === this.#last) {
      this.fill("");
    }
  }

  #submit(event) {
    event.preventDefault();
    if (this.#files.isUploading) this.#wait(true);
    else this.#go();
  }

  /** What was said goes on its way once everything is uploaded; not without what failed meanwhile, unless it is said again. */
  #wait(isWaiting) {
    this.#isWaiting = isWaiting;
    this.#send.ariaBusy = isWaiting ? "true" : null;
    this.#send.replaceChildren(icon(isWaiting ? "spinner" : "arrow"));
    if (isWaiting) this.#status.textContent = panel.sent_once_uploaded;
  }

  #go() {
    const text = this.#input.value.trim();
    if (!text && !this.#files.hasFiles) return;
    this.#input.value = "";
    const paths = this.#files.take();
    if (text) this.remember(text);
    this.#say(text, paths);
  }

  #picked() {
    this.#attach([...this.#picker.files]);
    this.#picker.value = "";
  }

  /** A picture, say. What was copied from a table is there as a picture, too: then its text is meant. */
  #pasted(event) {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    this.#attach(files);
  }

  #attach(files) {
    this.#files.add(files);
    this.focus();
  }
}

const key = ([keys, does]) => h("span.key", {}, keys.map((name) => [h("kbd", {}, name), " "]), does);
