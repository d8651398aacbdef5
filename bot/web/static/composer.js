// Where people write: grows with the text, Enter sends, Up takes the last own message back, files can be attached.

import { h, say } from "./dom.js";
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
    onkeydown: (event) => this.#key(event),
  });
  #send = h("button.send", { type: "submit", "aria-label": panel.send, title: panel.send_hint, disabled: true }, icon("arrow"));
  #picker = h("input", { type: "file", hidden: true, multiple: true, "aria-hidden": "true", tabindex: "-1", onchange: () => this.#picked(this.#picker.files) });
  #status = h("p.upload", { role: "status" });
  #last = "";

  /** `say(text)` sends; `upload(file)` returns a promise of { path }. */
  constructor({ say, upload }) {
    this.#say = say;
    this.#upload = upload;
    const attach = h("button.attach", { type: "button", "aria-label": panel.attach, title: panel.attach, onclick: () => this.#picker.click() }, icon("attach"));
    const box = h("form.composer", { onsubmit: (event) => this.#submit(event) }, attach, this.#input, this.#picker, this.#send);
    this.element = h(
      "div.foot",
      {},
      h("div.column", {}, this.#status, box, h("p.keys", { "aria-hidden": "true" }, KEYS.map(key))),
    );
    this.element.addEventListener("dragover", (event) => event.preventDefault());
    this.element.addEventListener("drop", (event) => this.#dropped(event));
  }

  #say;
  #upload;

  /** Whether something is being written. */
  get isInUse() {
    return this.#input.value !== "";
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
    this.#send.disabled = !this.#input.value.trim();
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
    const text = this.#input.value.trim();
    if (!text) return;
    this.#input.value = "";
    this.#changed();
    this.remember(text);
    this.#say(text);
  }

  #dropped(event) {
    event.preventDefault();
    this.#picked(event.dataTransfer.files);
  }

  async #picked(files) {
    for (const file of files) {
      this.#status.textContent = say(panel.uploading, { name: file.name });
      try {
        const { path } = await this.#upload(file);
        this.#status.textContent = say(panel.uploaded, { name: path });
        const text = this.#input.value;
        const said = path.includes(" ") ? `"${path}"` : path; // quoted, so that it is read as one name
        this.fill(`${text}${text && !text.endsWith(" ") ? " " : ""}${said} `);
      } catch (error) {
        this.#status.textContent = `${say(panel.not_uploaded, { name: file.name })} ${error.message} ${error.advice ?? ""}`;
      }
    }
    this.#picker.value = "";
  }
}

const key = ([keys, does]) => h("span.key", {}, keys.map((name) => [h("kbd", {}, name), " "]), does);
