// The try page: a person plays the buyer, and the agent's side follows.

import { Problem, suggest } from "./client.js";
import { Conversation } from "./conversation.js";
import { showSuggestion } from "./suggestion.js";
import { part, productName, word } from "./words.js";

const MOST_RETRIES = 20;
const RETRIED = new Set(["index-building", "overloaded", "store-unavailable"]);

const byId = (id) => document.getElementById(id);
const draft = byId("draft");
const result = byId("result");
const conversation = new Conversation(byId("messages"), byId("chat-scroll"));

let inFlight = null;
let retryTimer = null;
let retries = 0;
/** Called with the agent's next message while an answer is being edited. */
let edited = null;

function start() {
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    say("buyer", draft.value);
  });
  byId("send-agent").addEventListener("click", () => say("agent", draft.value));
  draft.addEventListener("keydown", sendOnEnter);
  byId("examples").addEventListener("click", (event) => {
    const example = event.target.closest("[data-text]");
    if (example) {
      say("buyer", example.dataset.text);
    }
  });
  byId("reset").addEventListener("click", reset);
  byId("options").addEventListener("change", () => {
    showOptions();
    if (conversation.hasBuyer) {
      ask();
    }
  });
  showOptions();
  showWaiting();
}

/** Before the first question: what there will be to see. */
function showWaiting() {
  result.replaceChildren(part("waiting").root);
}

/** Enter sends as the buyer, Ctrl or Command with Enter as the agent. */
function sendOnEnter(event) {
  // While an input method composes, Enter belongs to it.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) {
    return;
  }
  event.preventDefault();
  say(event.ctrlKey || event.metaKey ? "agent" : "buyer", draft.value);
}

function say(role, written) {
  const text = written.trim();
  if (text === "") {
    draft.focus();
    return;
  }
  if (written === draft.value) {
    draft.value = "";
  }
  byId("examples").open = false;
  byId("reset").hidden = false;
  conversation.add(role, text);
  if (isStacked()) {
    // Puts the screen's keyboard away, so that the answer can be seen.
    draft.blur();
  }
  if (role === "buyer") {
    edited = null;
    ask();
  } else if (edited) {
    edited(text);
    edited = null;
  }
}

function reset() {
  stopAsking();
  edited = null;
  conversation.reset();
  byId("reset").hidden = true;
  byId("examples").open = true;
  byId("took").textContent = "";
  draft.value = "";
  showWaiting();
  draft.focus();
}

function request() {
  const text = (id) => byId(id).value.trim();
  const limit = Number.parseInt(text("limit"), 10);
  return {
    conversation_id: conversation.id,
    messages: conversation.latest(),
    ...(text("product") && { product_id: text("product") }),
    ...(text("channel") && { channel: text("channel") }),
    ...(!Number.isNaN(limit) && { limit }),
    form: document.querySelector("[name=form]:checked").value,
    locale: document.documentElement.lang,
    explain: true,
    // Nobody asks here: what is tried is in no figure.
    rehearsal: true,
    ...(lookedAt() && { at: momentOf(lookedAt(), byId("at").dataset.zone) }),
  };
}

/** The time that answers are wanted for, as its field has it; empty for now. */
function lookedAt() {
  const field = byId("at");
  return field.validity.valid ? field.value : "";
}

/** The moment, in RFC 3339, at which clocks in `zone` show `local`: `2026-11-11T00:05`. */
function momentOf(local, zone) {
  const shown = Date.parse(`${local}Z`);
  // The clocks may have been changed between this guess and the moment.
  const guess = shown - aheadOfUtc(shown, zone);
  return new Date(shown - aheadOfUtc(guess, zone)).toISOString();
}

/** By how many milliseconds clocks in `zone` are ahead of UTC at `moment`. */
function aheadOfUtc(moment, zone) {
  const clock = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const read = Object.fromEntries(clock.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(read.year, read.month - 1, read.day, read.hour, read.minute, read.second) - moment;
}

/** The settings that are not as usual, in a line. */
function showOptions() {
  const { product_id: product, channel, form, limit } = request();
  const notes = [
    product && word("option-product", productName(product)),
    channel && word("option-channel", channel),
    form !== "brief" && word(`form-${form}`),
    limit !== 3 && limit,
    lookedAt() && word("option-at", inWords(lookedAt())),
  ];
  byId("options-note").textContent = notes.filter(Boolean).join(" · ");
}

/** `2026-11-11T00:05` as people read it. */
function inWords(local) {
  return local.replace("T", " ");
}

function stopAsking() {
  inFlight?.abort();
  clearTimeout(retryTimer);
  retries = 0;
  result.removeAttribute("aria-busy");
}

/** Asks for a suggestion to the conversation as it stands; an older question is dropped. */
function ask() {
  stopAsking();
  send(request());
}

async function send(body) {
  const asked = new AbortController();
  inFlight = asked;
  result.setAttribute("aria-busy", "true");
  try {
    const answered = await suggest(body, asked.signal);
    show(body, answered);
  } catch (error) {
    if (error.name !== "AbortError") {
      fail(body, error);
    }
  } finally {
    if (inFlight === asked) {
      result.removeAttribute("aria-busy");
    }
  }
}

function show(body, { status, milliseconds, value }) {
  showSuggestion(result, value, {
    send: (text) => say("agent", text),
    edit: (text, done) => {
      edited = done;
      draft.value = text;
      draft.focus();
    },
  });
  if (body.at) {
    result.prepend(part("notice", { text: word("previewed", inWords(lookedAt())) }).root);
  }
  const raw = part("raw", {
    request: JSON.stringify(body, null, 2),
    status: String(status),
    response: JSON.stringify(value, null, 2),
  });
  result.append(raw.root);
  const engines = value.engines.map((engine) => word(`engine-${engine}`) ?? engine).join(" + ");
  byId("took").textContent = `${word("engines", engines)} · ${word("took", Math.round(milliseconds))}`;
  byId("announce").textContent = announcement(value);
  bringIntoView();
}

/** What has come, for whoever listens. */
function announcement({ answers, abstention, clarification }) {
  const found = abstention
    ? `${word("abstained")} · ${abstention.message}`
    : word("announce-answers", answers.length);
  return [clarification && word("clarify"), found].filter(Boolean).join(" · ");
}

/** Whether the two sides stand one above the other; the style has the same width. */
function isStacked() {
  return matchMedia("(max-width: 899px)").matches;
}

/** Where both sides are stacked, the answer may lie below the fold. */
function bringIntoView() {
  if (isStacked()) {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.querySelector(".copilot").scrollIntoView({ behavior: isCalm ? "auto" : "smooth" });
  }
}

function fail(body, error) {
  if (!(error instanceof Problem)) {
    throw error;
  }
  byId("took").textContent = "";
  if (error.name === "unauthorized") {
    // The session has ended.
    location.assign("/sign-in?next=/try");
    return;
  }
  const isRetried = RETRIED.has(error.name) && retries < MOST_RETRIES;
  showProblem(body, error, isRetried);
  if (isRetried) {
    retries += 1;
    const wait = Math.max(error.retryAfterSeconds ?? 1, 1) * 1000;
    retryTimer = setTimeout(() => send(body), wait);
  }
}

function showProblem(body, error, isRetried) {
  const isInvalid = error.name === "invalid-fields" || error.name === "invalid-body";
  const kind = isInvalid ? "invalid" : word(`problem-${error.name}`) ? error.name : "other";
  const detail = [
    kind !== "network" && error.fields.length === 0 && error.detail,
    error.requestId && word("request-id", error.requestId),
  ];
  const { root, slots } = part("problem", {
    title: word(`problem-${kind}`),
    advice: word(`advice-${kind}`),
    detail: detail.filter(Boolean).join(" · "),
  });
  for (const { field, message } of error.fields) {
    const line = document.createElement("li");
    const name = document.createElement("code");
    name.textContent = field;
    line.append(name, ` ${message}`);
    slots.fields.append(line);
  }
  root.classList.toggle("passing", isRetried);
  if (isRetried) {
    slots.retry.remove();
  } else {
    slots.retry.addEventListener("click", ask);
  }
  result.replaceChildren(root);
}

start();
