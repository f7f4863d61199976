// The agent's side: a suggestion, its answers and their explanation.

import { Problem, sendFeedback } from "./client.js";
import { part, percent, word } from "./words.js";

const PARTS = ["question_coverage", "wording_coverage", "unknown_share", "margin", "bm25_share"];
const MASK = /(\[[^[\]\s]{1,16}\])/;

/** Shows `suggestion` in `target`. `actions.send` and `actions.edit` take an answer's text. */
export function showSuggestion(target, suggestion, actions) {
  const shown = document.createDocumentFragment();
  const onRecord = !suggestion.degraded.includes("record");
  for (const what of suggestion.degraded) {
    const text = word(`degraded-${what}`) ?? word("degraded-other", what);
    shown.append(part("degraded", { text }).root);
  }
  shown.append(questionPart(suggestion.question));
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
  const fact = (name, value) => slots.facts.append(part("fact", { name: word(`fact-${name}`), value }).root);
  if (question.product_ids.length > 0) {
    fact("products", question.product_ids.join(", "));
  }
  if (question.context) {
    fact("context", question.context);
  } else if (question.text !== "" && !question.small_talk) {
    fact("alone", word(question.stands_alone ? "stands-alone" : "leans"));
  }
  if (question.small_talk) {
    fact("small-talk", question.small_talk);
  }
  return root;
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

function answerPart(answer, actions, onRecord) {
  const source = answer.sources.map((source) => source.text).filter(Boolean).join("；");
  const { root, slots } = part("answer", {
    title: answer.title,
    text: answer.text,
    form: word(`form-${answer.form}`) ?? answer.form,
    source: source === "" ? word("no-source") : word("source", source),
    knowledge: answer.knowledge_id,
    version: word("version", answer.version),
    confidence: percent(answer.confidence),
  });
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
  const { root, slots } = part("why", { bm25: explain.bm25.toFixed(2) });
  for (const name of PARTS) {
    slots[name].textContent = percent(explain[name]);
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
  slots.send.addEventListener("click", () => {
    actions.send(answer.text);
    tell({ used: "sent" }, word("done-sent"));
  });
  slots.edit.addEventListener("click", () => {
    say(word("editing"));
    actions.edit(answer.text, (finalText) => finalText === answer.text
      ? tell({ used: "sent" }, word("done-sent"))
      : tell({ used: "edited", final_text: finalText }, word("done-edited")));
  });
  slots.copy.addEventListener("click", async () => {
    if (await copy(answer.text)) {
      tell({ used: "copied" }, word("done-copied"));
    } else {
      say(word("copy-failed"));
    }
  });
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
      knowledge: item.knowledge_id,
    });
    shown.slots.bar.style.inlineSize = percent(item.confidence);
    shown.slots.why.append(whyPart(item.explain));
    slots.closest.append(shown.root);
  }
  return root;
}
