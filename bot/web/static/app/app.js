// The app around the chat: the list of conversations, the gallery of what Errand can do, the account. The conversation
// itself is <errand-chat>.

import { Api } from "../api.js";
import { h, say } from "../dom.js";
import "../errand-chat.js";
import { icon, mark } from "../icon.js";
import { tokenSheet } from "../sheet/token.js";
import { Calendar } from "../time.js";
import { Account } from "./account.js";
import { Gallery } from "./gallery.js";
import { panel } from "../words.js";

document.adoptedStyleSheets = [tokenSheet];

const api = new Api();
const narrow = matchMedia("(max-width: 799px)");
const chat = h("errand-chat");
const title = h("h1.title", {}, "Errand");
const list = h("nav.conversations", { "aria-label": panel.conversations });
const gallery = new Gallery(api, (sentence) => here(() => chat.fill(sentence)));
const account = new Account(api, {
  onChange: (me) => show(me),
  onTheme: (theme) => chat.setAttribute("theme", theme),
  onLink: () => here(() => chat.say(panel.say_link)),
});
const menu = iconButton("menu", panel.conversations, () => openSide());
const told = h("p.hidden", { role: "status" });
const fresh = () => h("button.side-button", { type: "button", onclick: start }, icon("plus"), panel.new_conversation);
const accountButton = h("button.side-button", { type: "button", onclick: () => account.open() }, icon("person"), h("span.name", {}, panel.account));
const side = h(
  "aside.side",
  { "aria-label": "Errand" },
  h("div.brand", {}, h("span.brand-mark", {}, mark()), h("span.brand-name", {}, "Errand"), iconButton("cross", panel.close, () => closeSide(), "close-side")),
  fresh(),
  h("button.side-button", { type: "button", onclick: () => gallery.open() }, icon("gallery"), panel.gallery),
  h("button.side-button", { type: "button", onclick: () => { here(() => chat.say(panel.say_failed_runs)); closeSide(); } }, icon("alert"), panel.failed_runs),
  list,
  accountButton,
);
const veil = h("div.veil", { onclick: () => closeSide() });
const main = h(
  "main.main",
  {},
  h("header.top", {}, menu, title, iconButton("gallery", panel.gallery, () => gallery.open(), "top-gallery"), iconButton("plus", panel.new_conversation, start)),
  chat,
);

let conversations = [];
let calendar = new Calendar();

function iconButton(name, label, onclick, extra = "plain-icon") {
  return h(`button.icon-button.${extra}`, { type: "button", "aria-label": label, title: label, onclick }, icon(name));
}

async function begin() {
  try {
    show(await api.get("/api/me"));
  } catch (error) {
    document.body.replaceChildren(h("main.main", {}, chat)); // the chat says what is wrong
    return;
  }
  await refresh();
  // Only then is the chat put into the page: without a conversation it would look for one by itself.
  go(location.hash.slice(1) || conversations.find((one) => one.surface === "web")?.id || (await newConversation()));
  document.body.replaceChildren(side, veil, main, gallery.element, account.element, told);
}

function show(me) {
  calendar = new Calendar(me.time_zone);
  account.me = me;
  accountButton.lastChild.textContent = me.name;
  paint();
}

async function refresh() {
  const before = conversations;
  try {
    ({ conversations } = await api.get("/api/conversations"));
  } catch {
    return; // the chat itself says when Errand is out of reach
  }
  tell(before);
  paint();
}

function paint() {
  const current = chat.getAttribute("conversation");
  const links = conversations.map((one) =>
    h(
      "a.conversation",
      { href: `#${one.id}`, "aria-current": one.id === current ? "page" : null },
      h("span.conversation-title", { dir: "auto" }, nameOf(one)),
      one.surface !== "web" && h("span.held-in", {}, nameOfSurface(one)),
      isNew(one) && h("span.dot", {}, h("span.hidden", {}, panel.something_new)),
      h("time", { datetime: one.updated_at }, calendar.short(one.updated_at)),
    ),
  );
  list.replaceChildren(...links);
  const shown = conversations.find((one) => one.id === current);
  title.textContent = shown ? nameOf(shown) : panel.new_conversation;
  const news = conversations.filter(isNew);
  const count = news.length ? `(${news.length}) ` : "";
  document.title = count + (shown?.title ? `${shown.title} · Errand` : "Errand");
  menu.classList.toggle("has-news", news.length > 0);
  menu.setAttribute("aria-label", news.length ? panel.conversations_news : panel.conversations);
}

const nameOfSurface = (one) => one.surface[0].toUpperCase() + one.surface.slice(1);

/** Do it in a conversation that is held here: in the one that is open, or in a new one. */
async function here(act) {
  const open = conversations.find((one) => one.id === chat.getAttribute("conversation"));
  if (open && open.surface !== "web") {
    const isOpen = new Promise((done) => addEventListener("errand-conversation", done, { once: true }));
    await start();
    await isOpen;
  }
  act();
}

const nameOf = (one) => one.title || panel.new_conversation;

/** Something waits there that the person has not seen; what is before their eyes is not news. */
const isNew = (one) => one.is_new && one.id !== chat.getAttribute("conversation");

/** Say to screen readers where something new has come. */
function tell(before) {
  const known = new Set(before.filter(isNew).map((one) => one.id));
  const fresh = conversations.filter((one) => isNew(one) && !known.has(one.id));
  if (fresh.length) told.textContent = say(panel.something_new_in, { names: fresh.map(nameOf).join(", ") });
}

function go(id) {
  if (location.hash.slice(1) !== id) history.replaceState(null, "", `#${id}`);
  chat.setAttribute("conversation", id);
  closeSide();
  paint();
}

async function newConversation() {
  const { id } = await api.post("/api/conversations");
  await refresh();
  return id;
}

async function start() {
  const id = await newConversation();
  history.pushState(null, "", `#${id}`);
  go(id);
  chat.focus();
}

function openSide() {
  document.body.classList.add("has-side");
  side.inert = false;
  main.inert = true;
  side.querySelector("button").focus();
}

function closeSide() {
  const wasOpen = document.body.classList.contains("has-side");
  document.body.classList.remove("has-side");
  side.inert = narrow.matches;
  main.inert = false;
  if (wasOpen) menu.focus();
}

let refreshing = 0;
addEventListener("errand-activity", () => {
  clearTimeout(refreshing);
  refreshing = setTimeout(refresh, 300);
});
addEventListener("errand-conversation", () => narrow.matches || chat.focus());
addEventListener("errand-signed-out", () => document.body.replaceChildren(h("main.main", {}, chat)), { once: true });
addEventListener("hashchange", () => location.hash.length > 1 && go(location.hash.slice(1)));
addEventListener("keydown", (event) => event.key === "Escape" && document.body.classList.contains("has-side") && closeSide());
narrow.addEventListener("change", () => closeSide());
chat.setAttribute("theme", document.documentElement.dataset.theme ?? "auto");
closeSide();
begin();
