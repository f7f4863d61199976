// The agent's side: a suggestion, its answers and their explanation.

import { Problem, sendFeedback } from "./client.js";
import { part, percent, productName, word } from "./words.js";

const plain = (value) => value.toFixed(2);
const signed = (value) => `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
/** The parts of a score, each as it is shown. */
const PARTS = {
  question_coverage: percent,
  wording_coverage: percent,
  worded_share: percent,
  bm25: plain,
  bm25_share: percent,
  cosine: plain,
  cosine_margin: plain,
  intent: percent,
  feedback: signed,
  margin: percent,
  relevance: plain,
};
const MASK = /(\[[^[\]\s]{1,16}\])/;

/** Shows `suggestion` in `target`. `actions.send` and `actions.edit` take an answer's text. */
export function showSuggestion(target, suggestion, actions) {
  const shown = document.createDocumentFragment();
  const onRecord = !suggestion.degraded.includes("record");
  for (const what of suggestion.degraded) {
    const text = word(`degraded-${what}`) ?? word("degraded-other", what);
    shown.append(part("notice", { text }).root);
  }
  shown.append(questionPart(suggestion.question));
  if (suggestion.clarification) {
    shown.append(clarificationPart(suggestion.clarification, actions));
  }
  const answers = suggestion.answers.map((answer) => answerPart(answer, actions, onRecord));
  shown.append(...answers);
  if (suggestion.abstention) {
    shown.append(abstentionPart(suggestion.abstention));
  }
  target.replaceChildren(shown);
  if (onRecord) {
    suggestion.answers.forEach((answer, at) => reportDisplayed(answer.id, answers[at]));
  }
}

function questionPart(question) {
  const { root, slots } = part("question");
  withMasksMarked(slots.text, question.text);
  if (question.text === "") {
    slots.text.remove();
  }
  const fact = (name, ...values) => {
    const shown = part("fact", { name: word(`fact-${name}`) });
    shown.slots.value.append(...values);
    slots.facts.append(shown.root);
  };
  // Where nothing is asked, there is no urgency and no intent to be unclear.
  if (question.urgency) {
    fact("intent", intentText(question.intent));
  }
  if (question.stage) {
    fact("stage", word(`stage-${question.stage}`));
  }
  if (question.urgency) {
    fact("urgency", word(`urgency-${question.urgency}`));
  }
  if (question.product_ids.length > 0) {
    fact("products", ...productParts(question.product_ids));
  }
  if (question.context) {
    fact("context", question.context);
  } else if (question.text !== "" && !question.small_talk) {
    fact("alone", word(question.stands_alone ? "stands-alone" : "leans"));
  }
  if (question.small_talk) {
    fact("small-talk", intentName(question.small_talk));
  }
  return root;
}

function intentText(intent) {
  return intent ? `${intentName(intent.id)} ${percent(intent.confidence)}` : word("no-intent");
}

/** An intent's name; its id where it came to be after the page. */
function intentName(id) {
  return word(`intent-${id}`) ?? id;
}

/** Products by name, with their ids as titles. */
function productParts(ids) {
  return ids.flatMap((id, at) => {
    const { root } = part("product", { name: productName(id) });
    root.title = id;
    return at === 0 ? [root] : [" · ", root];
  });
}

/** Leads to an item, which is shown beside: the conversation stays. */
function linkTo(link, id) {
  // Two ids are those of pages: their items are shown with their versions.
  const page = id === "new" || id === "import" ? "/versions" : "";
  link.textContent = id;
  link.href = `/knowledge/${encodeURIComponent(id)}${page}`;
}

/** What was masked is shown as such. */
function withMasksMarked(element, text) {
  for (const piece of text.split(MASK)) {
    if (MASK.test(piece)) {
      const mark = document.createElement("mark");
      mark.textContent = piece.slice(1, -1);
      element.append(mark);
    } else {
      element.append(piece);
    }
  }
}

/** What to ask the buyer back, and what they may mean. */
function clarificationPart({ text, options }, actions) {
  const { root, slots } = part("clarification", { text });
  for (const option of options) {
    const shown = part("option", { label: option.label });
    linkTo(shown.slots.knowledge, option.knowledge_id);
    slots.options.append(shown.root);
  }
  // It is nobody's answer: there is nothing to tell of it.
  wireUse(text, slots, actions, (_, done) => {
    slots.outcome.textContent = done;
  });
  return root;
}

function answerPart(answer, actions, onRecord) {
  const source = answer.sources.map((source) => source.text).filter(Boolean).join(word("separator"));
  const { root, slots } = part("answer", {
    title: answer.title,
    text: answer.text,
    form: word(`form-${answer.form}`) ?? answer.form,
    source: source === "" ? word("no-source") : word("source", source),
    version: word("version", answer.version),
    confidence: percent(answer.confidence),
  });
  linkTo(slots.knowledge, answer.knowledge_id);
  slots.bar.style.inlineSize = percent(answer.confidence);
  if (answer.explain) {
    slots.why.append(whyPart(answer.explain));
  } else {
    slots.why.parentElement.remove();
  }
  wire(answer, slots, actions, onRecord);
  return root;
}

function whyPart(explain) {
  const { root, slots } = part("why");
  for (const [name, shown] of Object.entries(PARTS)) {
    if (explain[name] === undefined) {
      slots[name].parentElement.remove();
    } else {
      slots[name].textContent = shown(explain[name]);
    }
  }
  return root;
}

/** Connects an answer's buttons with the conversation and with feedback. */
function wire(answer, slots, actions, onRecord) {
  const say = (text) => {
    slots.outcome.textContent = text;
  };
  const tell = async (feedback, done) => {
    try {
      if (onRecord) {
        await sendFeedback(answer.id, feedback);
      }
      say(onRecord ? done : word("degraded-record"));
      return true;
    } catch (error) {
      say(word("feedback-failed", problemText(error)));
      return false;
    }
  };
  wireUse(answer.text, slots, actions, tell);
  for (const [name, field] of [["irrelevant", "relevant"], ["incorrect", "correct"]]) {
    const button = slots[name];
    button.addEventListener("click", async () => {
      const complains = button.getAttribute("aria-pressed") !== "true";
      if (await tell({ [field]: !complains }, word(complains ? `done-${name}` : "undone"))) {
        button.setAttribute("aria-pressed", String(complains));
      }
    });
  }
}

/** Connects the buttons that use a text; `tell` is told what became of it, and what to say. */
function wireUse(text, slots, actions, tell) {
  const say = (words) => {
    slots.outcome.textContent = words;
  };
  slots.send.addEventListener("click", () => {
    actions.send(text);
    tell({ used: "sent" }, word("done-sent"));
  });
  slots.edit.addEventListener("click", () => {
    say(word("editing"));
    actions.edit(text, (finalText) => finalText === text
      ? tell({ used: "sent" }, word("done-sent"))
      : tell({ used: "edited", final_text: finalText }, word("done-edited")));
  });
  slots.copy.addEventListener("click", async () => {
    if (await copy(text)) {
      tell({ used: "copied" }, word("done-copied"));
    } else {
      say(word("copy-failed"));
    }
  });
}

function problemText(error) {
  if (error instanceof Problem) {
    return word(`problem-${error.name}`) ?? error.detail;
  }
  return word("problem-other");
}

/** Copies `text`; the clipboard API is missing on plain HTTP. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

/** Says that an answer was seen, once most of it has come into view. */
function reportDisplayed(answerId, element) {
  const observer = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      observer.disconnect();
      // Nobody waits for this, and a lost one is only a lost count.
      sendFeedback(answerId, { displayed: true }).catch(() => {});
    }
  }, { threshold: 0.5 });
  observer.observe(element);
}

function abstentionPart(abstention) {
  const { root, slots } = part("abstention", {
    title: abstention.message,
    advice: word(`advice-${abstention.reason}`) ?? "",
  });
  const closest = abstention.closest ?? [];
  if (closest.length === 0) {
    slots["closest-block"].remove();
  }
  for (const item of closest) {
    const shown = part("closest", {
      title: item.title,
      confidence: percent(item.confidence),
    });
    linkTo(shown.slots.knowledge, item.knowledge_id);
    shown.slots.bar.style.inlineSize = percent(item.confidence);
    shown.slots.why.append(whyPart(item.explain));
    slots.closest.append(shown.root);
  }
  return root;
}
