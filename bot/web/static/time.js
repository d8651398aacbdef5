// Times as people read them, and the one timer that lets shown durations tick.

import { language, panel } from "./words.js";

const DAY_MS = 86_400_000;
/** The browser's own way of writing dates where it is in the person's language: en-GB has other dates than en-US. */
const LOCALE = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;

/** "18 ms", "1.4 s", "12 s", "1 min 05 s", "2 h 03 min". */
export function duration(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

const two = (number) => String(number).padStart(2, "0");

/** Formats in one time zone: that of the person, not of the browser they happen to use. */
export class Calendar {
  constructor(timeZone) {
    this.timeZone = timeZone || undefined;
    this.#time = this.#format({ hour: "2-digit", minute: "2-digit" });
    this.#day = this.#format({ weekday: "long", day: "numeric", month: "long" });
    this.#full = this.#format({ dateStyle: "full", timeStyle: "medium" });
    this.#key = new Intl.DateTimeFormat("en-CA", { timeZone: this.timeZone });
  }

  #time;
  #day;
  #full;
  #key;

  #format(options) {
    return new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: this.timeZone });
  }

  clock(iso) {
    return this.#time.format(new Date(iso));
  }

  full(iso) {
    return this.#full.format(new Date(iso));
  }

  /** The same for all moments of one day. */
  dayKey(iso) {
    return this.#key.format(new Date(iso));
  }

  /** "Today", "Yesterday" or the date. */
  day(iso) {
    const key = this.dayKey(iso);
    if (key === this.dayKey(Date.now())) return panel.today;
    if (key === this.dayKey(Date.now() - DAY_MS)) return panel.yesterday;
    return this.#day.format(new Date(iso));
  }

  /** For lists: the time today, else the date. */
  short(iso) {
    if (this.dayKey(iso) === this.dayKey(Date.now())) return this.clock(iso);
    return this.#format({ day: "numeric", month: "short" }).format(new Date(iso));
  }
}

/**
 * Let every element with `data-took` (ms) under `root` count on from when it was shown. The server's own figure is the
 * base, so a browser with a wrong clock counts right all the same. Returns a function that ends it.
 */
export function tick(root) {
  const timer = setInterval(() => {
    for (const element of root.querySelectorAll("[data-took]")) {
      if (element.shownFor !== element.dataset.took) {
        element.shownFor = element.dataset.took;
        element.shownAt = performance.now();
      }
      element.textContent = duration(Number(element.dataset.took) + performance.now() - element.shownAt);
    }
  }, 500);
  return () => clearInterval(timer);
}
