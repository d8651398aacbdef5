// What goes with the words that are being written: one chip for each file, uploaded as soon as it is there. Sends nothing.

import { h, say } from "./dom.js";
import { icon } from "./icon.js";
import { language, panel } from "./words.js";

const MOST = 10; // as many as the server takes with one message

export class Attachments {
  element = h("ul.chips", { role: "list", "aria-label": panel.attached, hidden: true });
  #chips = [];
  #upload;
  #tell;
  #changed;
  #emptied;

  /** `upload(file, signal)` returns a promise of { path }; `tell(text)` is for those who do not see; `changed()` comes after each
   * change, `emptied()` after the last one was taken off.
   */
  constructor({ upload, tell, changed, emptied }) {
    this.#upload = upload;
    this.#tell = tell;
    this.#changed = changed;
    this.#emptied = emptied;
  }

  /** Whether there is something that can be sent, now or once it is uploaded. */
  get hasFiles() {
    return this.#chips.some((chip) => !chip.problem);
  }

  get hasProblems() {
    return this.#chips.some((chip) => chip.problem);
  }

  get isUploading() {
    return this.#chips.some((chip) => chip.isUploading);
  }

  add(files) {
    for (const file of files) {
      const chip = { name: file.name, size: file.size, path: "", problem: "", isUploading: false, line: new AbortController(), element: h("li.chip") };
      const isOneTooMany = this.#chips.filter((one) => !one.problem).length >= MOST;
      this.#chips.push(chip);
      this.element.append(chip.element);
      if (isOneTooMany) this.#fail(chip, say(panel.too_many_files, { n: MOST }));
      else this.#send(chip, file);
    }
    this.#draw();
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** The paths of what is uploaded, in the order in which it was attached; nothing is attached any more. */
  take() {
    const paths = this.#chips.map((chip) => chip.path).filter(Boolean);
    this.#chips = [];
    this.element.replaceChildren();
    this.#draw();
    return paths;
  }

  async #send(chip, file) {
    chip.isUploading = true;
    this.#tell(say(panel.uploading, { name: chip.name }));
    try {
      chip.path = (await this.#upload(file, chip.line.signal)).path;
      if (this.#chips.includes(chip)) this.#tell(say(panel.uploaded, { name: chip.path }));
    } catch (error) {
      if (this.#chips.includes(chip)) this.#fail(chip, `${error.message} ${error.advice ?? ""}`.trim());
    }
    chip.isUploading = false;
    this.#draw();
  }

  #fail(chip, problem) {
    chip.problem = problem;
    this.#tell(`${say(panel.not_uploaded, { name: chip.name })} ${problem}`);
  }

  /** Take one off; whoever uses the keyboard goes on at the next one. */
  #remove(chip) {
    chip.line.abort();
    const at = this.#chips.indexOf(chip);
    this.#chips = this.#chips.filter((one) => one !== chip);
    chip.element.remove();
    this.#draw();
    const next = this.#chips[at] ?? this.#chips[at - 1];
    if (next) next.element.lastChild.focus();
    else this.#emptied();
  }

  #draw() {
    this.element.hidden = this.#chips.length === 0;
    for (const chip of this.#chips) draw(chip, () => this.#remove(chip));
    this.#changed();
  }
}

/** The button that takes it off stays the same, so that it keeps the focus while the file is uploaded. */
function draw(chip, remove) {
  const { element, problem, isUploading } = chip;
  const name = chip.path || chip.name;
  const off = element.lastChild ?? h("button.chip-off", { type: "button", onclick: remove }, icon("cross"));
  off.title = off.ariaLabel = say(panel.remove_file, { name });
  element.classList.toggle("is-failed", Boolean(problem));
  element.ariaBusy = isUploading ? "true" : null;
  const symbol = icon(isUploading ? "spinner" : problem ? "alert" : "attach");
  const said = [symbol, h("span.chip-name", { title: name }, h("bdi", {}, name)), h("span.chip-note", {}, problem || size(chip.size))];
  while (element.firstChild && element.firstChild !== off) element.firstChild.remove();
  if (!off.parentNode) element.append(off);
  off.before(...said);
}

function size(bytes) {
  const [number, unit] = bytes < 1e3 ? [bytes, "byte"] : bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: number < 10 ? 1 : 0 }).format(number);
}
