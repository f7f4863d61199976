// Words and parts of the page. All of them stand in the page itself, in the
// reader's language; nothing here is made from strings of HTML.

const words = new Map();
for (const span of document.getElementById("words").content.querySelectorAll("[data-word]")) {
  words.set(span.dataset.word, span.textContent);
}

/** The wording of that name, with `value` in its place; `undefined` if there is none. */
export function word(name, value) {
  const text = words.get(name);
  return value === undefined ? text : text?.replace("{}", () => String(value));
}

/** A copy of a part, and its places by name. Texts given in `texts` are filled in. */
export function part(name, texts = {}) {
  const fragment = document.getElementById(`part-${name}`).content.cloneNode(true);
  const slots = {};
  for (const element of fragment.querySelectorAll("[data-slot]")) {
    slots[element.dataset.slot] = element;
  }
  for (const [slot, text] of Object.entries(texts)) {
    slots[slot].textContent = text;
  }
  return { root: fragment.firstElementChild, slots };
}

/** A product's name; its id where the page does not know it. */
export function productName(id) {
  const known = [...document.getElementById("products").options].find((option) => option.value === id);
  return known?.textContent ?? id;
}

/** A share of one as people read it. */
export function percent(share) {
  return `${Math.round(share * 100)}%`;
}
