// A form: a control for each kind of value, errors at their fields, what was typed as plain JSON.

import { h, markup } from "../dom.js";
import { icon } from "../icon.js";
import { actions } from "./action.js";
import { panel } from "../words.js";

let made = 0;

export function form(part, scene) {
  const prefix = `field-${++made}`;
  return h(
    "form.card.form",
    { novalidate: true, autocomplete: "off", "aria-label": part.title, dataset: { form: part.action } },
    h("header.card-head", { dataset: { sent: panel.sent } }, h("h3", { dir: "auto" }, part.title), part.text && markup(h("div.prose.muted"), part.html, scene.origin)),
    h("div.fields", {}, part.fields.map((field) => row(field, `${prefix}-${field.name}`))),
    h("div.actions", {}, h("button.button.button-primary", { type: "submit" }, part.submit), part.cancel && actions([part.cancel]).firstChild),
  );
}

function row(field, id) {
  const described = [field.hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  const element = control(field, {
    id,
    name: field.name,
    required: field.is_required && field.input !== "checkbox",
    "aria-describedby": described,
    "aria-invalid": field.error ? "true" : null,
    dataset: { input: field.input },
  });
  const label = h("label", { for: id }, field.label, !field.is_required && h("span.optional", {}, panel.optional));
  return h(
    `div.field${field.input === "checkbox" ? ".field-check" : ""}`,
    {},
    field.input === "checkbox" ? [element, label] : [label, element],
    field.hint && h("p.hint", { id: `${id}-hint` }, field.hint),
    h("p.field-error", { id: `${id}-error`, hidden: !field.error }, icon("alert"), h("span", {}, field.error)),
  );
}

/** Picked on other surfaces, typed here. */
const TYPED = new Set(["channel", "person", "file"]);

function control(field, attributes) {
  const value = shown(field.value);
  if (field.input === "select") return select(field, attributes, value);
  if (field.input === "textarea" || field.input === "list") {
    const rows = field.input === "list" ? Math.max(3, value.split("\n").length) : 4;
    return h("textarea", { ...attributes, rows, placeholder: field.input === "list" ? panel.one_per_line : null }, value);
  }
  if (field.input === "checkbox") return h("input", { ...attributes, type: "checkbox", checked: field.value === true });
  return h("input", {
    ...attributes,
    type: TYPED.has(field.input) ? "text" : field.input,
    value,
    step: field.input === "number" ? "any" : null,
    autocomplete: field.input === "password" ? "new-password" : "off",
  });
}

function select(field, attributes, value) {
  const options = field.options.map((option) => h("option", { value: option, selected: option === value }, option));
  const nothing = (!field.is_required || !value) && h("option", { value: "" }, field.is_required ? panel.choose : panel.choose_nothing);
  return h("select", attributes, nothing, options);
}

/** A value as it stands in a control: lists one entry on each line, pairs as "name: value". */
function shown(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join("\n");
  if (typeof value === "object") return Object.entries(value).map(([name, one]) => `${name}: ${one}`).join("\n");
  return String(value);
}

/** Read what was typed: { name: string | number | boolean | string[] | null }. */
export function read(element) {
  const fields = {};
  for (const one of element.querySelectorAll("[data-input]")) fields[one.name] = value(one);
  return fields;
}

function value(element) {
  const { input } = element.dataset;
  if (input === "checkbox") return element.checked;
  if (input === "list") return element.value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (element.value === "") return null;
  if (input === "number") return Number.isFinite(element.valueAsNumber) ? element.valueAsNumber : element.value;
  return element.value;
}

/** Say at the fields what is missing or unreadable; true when nothing is. What fits is the server's to judge. */
export function check(element) {
  let first = null;
  for (const one of element.querySelectorAll("[data-input]")) {
    const message = one.validity.valueMissing || one.validity.badInput ? one.validationMessage : "";
    say(one, message);
    if (message) first ??= one;
  }
  first?.focus();
  return first === null;
}

/** Put an error at a field, or take it away. */
export function say(element, message) {
  const place = element.closest(".field").querySelector(".field-error");
  place.hidden = !message;
  place.lastChild.textContent = message;
  if (message) element.setAttribute("aria-invalid", "true");
  else element.removeAttribute("aria-invalid");
}

/** Give the first field with an error the focus, else the first field, if there is a form in this element. */
export function focusField(element) {
  const field = element.querySelector('[aria-invalid="true"]') ?? element.querySelector("[data-input]");
  field?.focus({ preventScroll: !field.hasAttribute("aria-invalid") });
}
