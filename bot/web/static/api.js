// The HTTP interface of one Errand. Errors carry what to say and what can be done.

import { say } from "./dom.js";
import { panel } from "./words.js";

export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.message);
    this.status = status;
    this.advice = problem.advice ?? "";
  }
}

export class Api {
  /** `origin` is empty for the page's own Errand. */
  constructor(origin = "") {
    this.origin = origin.replace(/\/$/, "");
  }

  get(path) {
    return this.#call("GET", path);
  }

  post(path, body) {
    return this.#call("POST", path, body === undefined ? {} : { body: JSON.stringify(body), json: true });
  }

  patch(path, body) {
    return this.#call("PATCH", path, { body: JSON.stringify(body), json: true });
  }

  upload(file, signal) {
    return this.#call("POST", `/api/files?name=${encodeURIComponent(file.name)}`, { body: file, signal });
  }

  /** The address of a conversation's stream. */
  stream(conversation, after) {
    const url = new URL(`${this.origin}/api/conversations/${encodeURIComponent(conversation)}/stream`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("after", after);
    return url;
  }

  async #call(method, path, { body, json, signal } = {}) {
    let response;
    try {
      response = await fetch(this.origin + path, {
        method,
        body,
        signal,
        headers: json ? { "Content-Type": "application/json" } : {},
        credentials: this.origin ? "include" : "same-origin",
      });
    } catch {
      throw new ApiError(0, { message: panel.unreachable, advice: panel.unreachable_advice });
    }
    const answer = response.status === 204 ? null : await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw new ApiError(response.status, answer.error ?? { message: say(panel.answered, { status: response.status }) });
  }
}
