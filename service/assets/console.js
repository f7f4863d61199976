// What every page of the console does, and does without where there is no script.

// A filter is applied as it is chosen; its button is for those without a script.
for (const form of document.querySelectorAll("form[data-live]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// A form that asks first: data-confirm has the question.
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) {
      event.preventDefault();
    }
  });
}

// Nothing is sent twice by an impatient second click.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") {
    return;
  }
  if (event.target.dataset.sent === "yes") {
    event.preventDefault();
  }
  event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
  }
});

// What has been done is said once: not again when the page is loaded anew.
const address = new URL(location.href);
if (address.searchParams.has("done")) {
  address.searchParams.delete("done");
  history.replaceState(null, "", address);
}

// Something is new on the service: said where the page would show it, taken in
// when the reader likes. A stream that breaks is taken up where it was.
const fresh = document.getElementById("fresh");
const wanted = (fresh?.dataset.listens ?? "").split(" ").filter(Boolean);
if (wanted.length > 0) {
  const source = new EventSource("/events");
  for (const name of wanted) {
    source.addEventListener(name, () => {
      fresh.hidden = false;
    });
  }
  window.addEventListener("pagehide", () => source.close());
}
