// The person's own settings: name, time zone, theme, linked accounts, signing out.

import { h } from "../dom.js";
import { icon } from "../icon.js";
import { language, languages, panel } from "../words.js";

const THEMES = { auto: panel.theme_auto, light: panel.theme_light, dark: panel.theme_dark };

export class Account {
  #api;
  #onChange;
  #onTheme;
  #onLink;
  #accounts = h("ul.accounts");
  #name = h("input", { id: "account-name", name: "name", required: true, maxlength: 80, autocomplete: "name" });
  #zone = h("input", { id: "account-zone", name: "zone", required: true, list: "account-zones", autocomplete: "off", "aria-describedby": "account-zone-hint account-error" });
  #language = h(
    "select",
    { id: "account-language", name: "language", "aria-describedby": "account-language-hint" },
    Object.entries(languages).map(([tag, name]) => h("option", { value: tag, lang: tag }, name)),
  );
  #error = h("p.field-error", { id: "account-error", role: "alert", hidden: true });

  constructor(api, { onChange, onTheme, onLink }) {
    this.#api = api;
    this.#onChange = onChange;
    this.#onTheme = onTheme;
    this.#onLink = onLink;
    const close = h("button.icon-button", { type: "button", "aria-label": panel.close, onclick: () => this.element.close() }, icon("cross"));
    this.element = h(
      "dialog.sheet.account",
      { "aria-labelledby": "account-title", onclick: (event) => event.target === this.element && this.element.close() },
      h("header.sheet-head", {}, h("h2", { id: "account-title" }, panel.account), close),
      h(
        "form.account-form",
        { novalidate: true, onsubmit: (event) => this.#save(event) },
        h("div.field", {}, h("label", { for: "account-name" }, panel.name), this.#name),
        h(
          "div.field",
          {},
          h("label", { for: "account-zone" }, panel.zone),
          this.#zone,
          h("datalist", { id: "account-zones" }, zones().map((zone) => h("option", { value: zone }))),
          h("p.hint", { id: "account-zone-hint" }, panel.zone_hint),
        ),
        this.#themes(),
        h(
          "div.field",
          {},
          h("label", { for: "account-language" }, panel.language),
          this.#language,
          h("p.hint", { id: "account-language-hint" }, panel.language_hint),
        ),
        this.#linked(),
        this.#error,
        h(
          "div.actions",
          {},
          h("button.button.button-primary", { type: "submit" }, panel.save),
          h("button.button.button-danger", { type: "button", onclick: () => this.#signOut() }, panel.sign_out),
        ),
      ),
    );
  }

  set me(me) {
    this.#name.value = me.name;
    this.#zone.value = me.time_zone;
    this.#language.value = language;
  }

  open() {
    this.#error.hidden = true;
    this.element.showModal();
    this.#showAccounts();
  }

  #linked() {
    const link = h("button.button.button-secondary", { type: "button", onclick: () => this.#link() }, panel.link);
    return h(
      "fieldset.field",
      {},
      h("legend", {}, panel.linked),
      this.#accounts,
      h("p.hint", {}, panel.linked_hint),
      link,
    );
  }

  #link() {
    this.element.close();
    this.#onLink();
  }

  async #showAccounts() {
    const { accounts } = await this.#api.get("/api/accounts").catch(() => ({ accounts: [] }));
    const others = accounts.filter((one) => one.surface !== "web");
    const rows = others.map((one) => h("li", {}, h("span.account-surface", {}, one.surface[0].toUpperCase() + one.surface.slice(1)), h("span.muted", {}, one.account)));
    this.#accounts.replaceChildren(...(rows.length ? rows : [h("li.muted", {}, panel.linked_nothing)]));
  }

  #themes() {
    const current = document.documentElement.dataset.theme ?? "auto";
    const option = ([theme, label]) =>
      h("label.segment", {}, h("input", { type: "radio", name: "theme", value: theme, checked: theme === current, onchange: () => this.#apply(theme) }), h("span", {}, label));
    return h("fieldset.field", {}, h("legend", {}, panel.theme), h("div.segments", {}, Object.entries(THEMES).map(option)));
  }

  #apply(theme) {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("errand.theme", theme);
    } catch {
      // Storage is forbidden: the choice holds for this page only.
    }
    this.#onTheme(theme);
  }

  async #save(event) {
    event.preventDefault();
    try {
      const chosen = this.#language.value === language ? {} : { locale: this.#language.value };
      this.#onChange(await this.#api.patch("/api/me", { name: this.#name.value.trim(), time_zone: this.#zone.value.trim(), ...chosen }));
      if (chosen.locale) location.reload(); // its words came with the page
      this.element.close();
    } catch (error) {
      this.#error.textContent = `${error.message} ${error.advice}`;
      this.#error.hidden = false;
      (error.message.startsWith("name") ? this.#name : this.#zone).focus();
    }
  }

  async #signOut() {
    await this.#api.post("/logout").catch(() => null);
    location.assign("/");
  }
}

const zones = () => Intl.supportedValuesOf?.("timeZone") ?? [];
