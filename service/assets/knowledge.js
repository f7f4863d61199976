// The editor of an item: what follows from a choice is filled in.

// An intent belongs to a domain.
for (const select of document.querySelectorAll("select[data-follows]")) {
  const domain = document.getElementById(select.dataset.follows);
  select.addEventListener("change", () => {
    const group = select.selectedOptions[0]?.closest("optgroup");
    if (group) {
      domain.value = group.dataset.domain;
    }
  });
}

// A product is added by its button; without a script its id is typed.
for (const list of document.querySelectorAll("[data-fills]")) {
  const target = document.getElementById(list.dataset.fills);
  for (const button of list.querySelectorAll("[data-add]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const ids = target.value.split("\n").map((line) => line.trim()).filter(Boolean);
      if (!ids.includes(button.dataset.add)) {
        target.value = [...ids, button.dataset.add].join("\n");
        target.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
  }
}
