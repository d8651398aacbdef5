// How far the person has seen a conversation: Errand is told once they look at it. Knows messages by their numbers only.

const SEEN_MS = 200;

export class Seen {
  #api;
  #address;
  #isLive;
  #reached = 0;
  #told = 0;
  #timer = 0;
  #look = () => this.soon();

  constructor(api, conversation, isLive) {
    this.#api = api;
    this.#address = `/api/conversations/${encodeURIComponent(conversation)}/seen`;
    this.#isLive = isLive;
    document.addEventListener("visibilitychange", this.#look);
  }

  /** This message is on the screen. */
  reach(seq) {
    this.#reached = Math.max(this.#reached, seq);
    this.soon();
  }

  soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), SEEN_MS);
  }

  /** Tell what was not told yet; nothing is seen here any more. */
  close() {
    clearTimeout(this.#timer);
    this.#tell();
    document.removeEventListener("visibilitychange", this.#look);
  }

  /** A failure is made good by the next time. */
  #tell() {
    const seq = this.#reached;
    if (document.visibilityState === "hidden" || !this.#isLive() || seq <= this.#told) return;
    this.#told = seq;
    this.#api.post(this.#address, { seq }).catch(() => (this.#told = 0));
  }
}
