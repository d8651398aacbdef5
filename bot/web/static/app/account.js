// The person's own settings: name, time zone, theme, linked accounts, signing out.

import { h } from "../dom.js";
import { icon } from "../icon.js";

const THEMES = { auto: "System", light: "Light", dark: "Dark" };

export class Account {
  #api;
  #onChange;
  #onTheme;
  #onLink;
  #accounts = h("ul.accounts");
  #name = h("input", { id: "account-name", name: "name", required: true, maxlength: 80, autocomplete: "name" });
  #zone = h("input", { id: "account-zone", name: "zone", required: true, list: "account-zones", autocomplete: "off", "aria-describedby": "account-zone-hint account-error" });
  #error = h("p.field-error", { id: "account-error", role: "alert", hidden: true });

  constructor(api, { onChange, onTheme, onLink }) {
    this.#api = api;
    this.#onChange = onChange;
    this.#onTheme = onTheme;
    this.#onLink = onLink;
    const close = h("button.icon-button", { type: "button", "aria-label": "Close", onclick: () => this.element.close() }, icon("cross"));
    this.element = h(
      "dialog.sheet.account",
      { "aria-labelledby": "account-title", onclick: (event) => event.target === this.element && this.element.close() },
      h("header.sheet-head", {}, h("h2", { id: "account-title" }, "Account"), close),
      h(
        "form.account-form",
        { novalidate: true, onsubmit: (event) => this.#save(event) },
        h("div.field", {}, h("label", { for: "account-name" }, "Name"), this.#name),
        h(
          "div.field",
          {},
          h("label", { for: "account-zone" }, "Time zone"),
          this.#zone,
          h("datalist", { id: "account-zones" }, zones().map((zone) => h("option", { value: zone }))),
          h("p.hint", { id: "account-zone-hint" }, "Times you write and times you are shown are in this zone."),
        ),
        this.#themes(),
        this.#linked(),
        this.#error,
        h(
          "div.actions",
          {},
          h("button.button.button-primary", { type: "submit" }, "Save"),
          h("button.button.button-danger", { type: "button", onclick: () => this.#signOut() }, "Sign out"),
        ),
      ),
    );
  }

  set me(me) {
    this.#name.value = me.name;
    this.#zone.value = me.time_zone;
  }

  open() {
    this.#error.hidden = true;
    this.element.showModal();
    this.#showAccounts();
  }

  #linked() {
    const link = h("button.button.button-secondary", { type: "button", onclick: () => this.#link() }, "Link Slack or Discord");
    return h(
      "fieldset.field",
      {},
      h("legend", {}, "Linked accounts"),
      this.#accounts,
      h("p.hint", {}, "You get a code here in the chat, and say it to Errand there. Automations and approvals are yours in both."),
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
    this.#accounts.replaceChildren(...(rows.length ? rows : [h("li.muted", {}, "None yet")]));
  }

  #themes() {
    const current = document.documentElement.dataset.theme ?? "auto";
    const option = ([theme, label]) =>
      h("label.segment", {}, h("input", { type: "radio", name: "theme", value: theme, checked: theme === current, onchange: () => this.#apply(theme) }), h("span", {}, label));
    return h("fieldset.field", {}, h("legend", {}, "Theme"), h("div.segments", {}, Object.entries(THEMES).map(option)));
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
      this.#onChange(await this.#api.patch("/api/me", { name: this.#name.value.trim(), time_zone: this.#zone.value.trim() }));
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
