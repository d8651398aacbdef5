// The live line to one conversation: reconnects, resumes after the last seen message, and keeps what was not
// acknowledged. Sending again is harmless: the server knows a `cid` that it has seen. Knows nothing of the page.

const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 15_000;
const SILENCE_MS = 50_000; // the server says something at least every 20 s
const SIGNED_OUT = 4401;

/** `crypto.randomUUID` is missing where the page came over plain HTTP from another machine. */
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** What was said but not acknowledged yet, kept over a reload. Forms are not kept: they may hold passwords. */
class Outbox {
  #key;
  entries = [];

  constructor(conversation) {
    this.#key = `errand.outbox.${conversation}`;
    try {
      this.entries = JSON.parse(sessionStorage.getItem(this.#key)) ?? [];
    } catch {
      this.entries = [];
    }
  }

  add(entry) {
    this.entries.push(entry);
    this.#save();
  }

  take(cid) {
    const entry = this.entries.find((one) => one.cid === cid);
    this.entries = this.entries.filter((one) => one !== entry);
    this.#save();
    return entry;
  }

  #save() {
    try {
      const kept = this.entries.filter((entry) => !entry.content.form);
      if (kept.length) sessionStorage.setItem(this.#key, JSON.stringify(kept));
      else sessionStorage.removeItem(this.#key);
    } catch {
      // Storage is full or forbidden: then a reload loses what was not sent, nothing else.
    }
  }
}

export class Connection {
  #api;
  #conversation;
  #handlers;
  #outbox;
  #socket = null;
  #seq = 0;
  #tries = 0;
  #isLive = false;
  #isEnded = false;
  #reconnect = 0;
  #silence = 0;
  #wakeUp = () => this.#now();

  /** `handlers`: onState(state), onMessage(m), onUpdate(m), onElsewhere(), onSettled(entry), onFailed(entry, problem). */
  constructor(api, conversation, handlers) {
    this.#api = api;
    this.#conversation = conversation;
    this.#handlers = handlers;
    this.#outbox = new Outbox(conversation);
  }

  get pending() {
    return this.#outbox.entries;
  }

  open() {
    addEventListener("online", this.#wakeUp);
    document.addEventListener("visibilitychange", this.#wakeUp);
    this.#connect();
  }

  close() {
    this.#isEnded = true;
    removeEventListener("online", this.#wakeUp);
    document.removeEventListener("visibilitychange", this.#wakeUp);
    clearTimeout(this.#reconnect);
    clearTimeout(this.#silence);
    this.#socket?.close();
  }

  /** Say something; returns the entry. It is sent now or as soon as the line is up. */
  send(content) {
    const entry = { cid: newId(), content };
    this.#outbox.add(entry);
    this.#transmit(entry);
    return entry;
  }

  /** Try an entry again that the server could not take. */
  again(entry) {
    this.#outbox.add(entry);
    this.#transmit(entry);
  }

  #transmit(entry) {
    if (this.#isLive) this.#socket.send(JSON.stringify({ cid: entry.cid, ...entry.content }));
  }

  #connect() {
    let wasOpen = false;
    const socket = new WebSocket(this.#api.stream(this.#conversation, this.#seq));
    this.#socket = socket;
    this.#handlers.onState("connecting");
    socket.onopen = () => {
      wasOpen = true;
      this.#listen();
    };
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => this.#lost(socket, event.code, wasOpen);
  }

  #receive(frame) {
    this.#listen();
    if (frame.type === "message") {
      this.#seq = Math.max(this.#seq, frame.message.seq);
      this.#handlers.onMessage(frame.message);
    } else if (frame.type === "update") {
      this.#handlers.onUpdate(frame.message);
    } else if (frame.type === "writing") {
      this.#handlers.onWriting(frame.html);
    } else if (frame.type === "elsewhere") {
      this.#handlers.onElsewhere();
    } else if (frame.type === "live") {
      this.#tries = 0;
      this.#isLive = true;
      this.#handlers.onState("live");
      this.#outbox.entries.forEach((entry) => this.#transmit(entry));
    } else if (frame.type === "ack") {
      this.#settle(frame.cid, (entry) => this.#handlers.onSettled(entry));
    } else if (frame.type === "error") {
      this.#settle(frame.cid, (entry) => this.#handlers.onFailed(entry, frame.error));
    }
  }

  #settle(cid, tell) {
    const entry = this.#outbox.take(cid);
    if (entry) tell(entry);
  }

  /** A line that is silent for too long is dead, even if nobody closed it. */
  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      const socket = this.#socket;
      socket.close();
      this.#lost(socket, 0, true);
    }, SILENCE_MS);
  }

  async #lost(socket, code, wasOpen) {
    if (this.#isEnded || socket !== this.#socket) return;
    this.#socket = null;
    this.#isLive = false;
    clearTimeout(this.#silence);
    const reason = code === SIGNED_OUT ? "signed-out" : wasOpen ? null : await this.#refusal();
    if (this.#isEnded || this.#socket) return;
    if (reason) {
      this.close();
      this.#handlers.onState(reason);
      return;
    }
    this.#handlers.onState("lost");
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#tries++) * (0.75 + Math.random() / 2);
    this.#reconnect = setTimeout(() => this.#connect(), delay);
  }

  /** Browsers do not say why a handshake was refused: ask over HTTP. */
  async #refusal() {
    const path = `/api/conversations/${encodeURIComponent(this.#conversation)}/messages?after=${this.#seq}&limit=1`;
    try {
      await this.#api.get(path);
      return null;
    } catch (error) {
      return { 401: "signed-out", 404: "gone" }[error.status] ?? null;
    }
  }

  /** The network is back or the person is: do not wait for the timer. */
  #now() {
    if (this.#socket || this.#isEnded || document.visibilityState === "hidden") return;
    clearTimeout(this.#reconnect);
    this.#connect();
  }
}
