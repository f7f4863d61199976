// The conversation on the left: what was said, and how it is shown.

import { part, word } from "./words.js";

const MOST_SENT = 100;

/** Random letters and digits; `crypto.randomUUID` is missing on plain HTTP. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Conversation {
  constructor(list, scroll) {
    this.list = list;
    this.scroll = scroll;
    this.reset();
  }

  /** Begins a new one. */
  reset() {
    this.id = `try-${randomId()}`;
    this.messages = [];
    this.list.replaceChildren();
  }

  get isEmpty() {
    return this.messages.length === 0;
  }

  /** Whether the buyer has said anything. */
  get hasBuyer() {
    return this.messages.some((message) => message.role === "buyer");
  }

  /** Adds a message and shows it. */
  add(role, text) {
    const at = new Date();
    const message = { id: `m-${this.messages.length + 1}`, role, text, at: at.toISOString() };
    this.messages.push(message);
    const clock = at.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
    const { root, slots } = part("message", { who: word(role), time: clock, text });
    slots.time.dateTime = message.at;
    root.classList.add(role);
    this.list.append(root);
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  /** The messages as the API takes them, the latest only. */
  latest() {
    return this.messages.slice(-MOST_SENT);
  }
}
