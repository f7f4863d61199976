// What every page of the console does, and does without where there is no script.

// A filter is applied as it is chosen by a pointer. By keyboard each step through a
// closed list is a choice already: there Enter or the button applies it, and the
// page and the focus stay until then.
for (const form of document.querySelectorAll("form[data-live]")) {
  let pointedAt = null;
  form.addEventListener("pointerdown", (event) => {
    pointedAt = event.target.closest("select");
  });
  form.addEventListener("keydown", () => {
    pointedAt = null;
  });
  form.addEventListener("change", (event) => {
    if (event.target === pointedAt) {
      form.requestSubmit();
    }
  });
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
let sent = null;
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) {
    return;
  }
  if (event.target === sent && sent.method === "post") {
    event.preventDefault();
  }
  sent = event.target;
});
window.addEventListener("pageshow", () => {
  sent = null;
});

// Leaving with something typed and not sent, or sent and not saved, asks first.
const guarded = [...document.querySelectorAll("form[data-guard]")];
for (const form of guarded) {
  form.addEventListener("input", () => {
    form.dataset.guard = "changed";
  });
}
if (guarded.length > 0) {
  window.addEventListener("beforeunload", (event) => {
    if (guarded.some((form) => form !== sent && form.dataset.guard === "changed")) {
      event.preventDefault();
      // Whoever stays may send again.
      sent = null;
    }
  });
}

// What has been done is said once: not again when the page is loaded anew.
const address = new URL(location.href);
if (address.searchParams.has("done")) {
  address.searchParams.delete("done");
  history.replaceState(null, "", address);
}

// Something is new on the service: said where the page would show it, taken in when
// the reader likes. Whatever moved since the page was made is told.
const QUIET_MS = 60_000;
const SHORTEST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;

const news = document.getElementById("news");
const fresh = document.getElementById("fresh");
const jumped = document.getElementById("jumped");
const listened = news.dataset.listens.split(" ").filter(Boolean);
const madeAt = Date.now();
let seen = news.dataset.after;
let source = null;
let pauseMs = SHORTEST_PAUSE_MS;
let retryTimer = null;
let quietTimer = null;

/** In a busy shop figures move all day: no page is called old in its first minute. */
function tellOfMoves() {
  clearTimeout(quietTimer);
  const earlyMs = madeAt + QUIET_MS - Date.now();
  if (earlyMs > 0) {
    quietTimer = setTimeout(tellOfMoves, earlyMs);
  } else {
    fresh.hidden = false;
  }
}

function hear(name, tell) {
  source.addEventListener(name, (event) => {
    seen = event.lastEventId;
    tell();
  });
}

function listen() {
  clearTimeout(retryTimer);
  if (source !== null) {
    return;
  }
  source = new EventSource(`/events?after=${seen}`);
  hear("now", () => {
    pauseMs = SHORTEST_PAUSE_MS;
  });
  for (const name of listened) {
    hear(name, tellOfMoves);
  }
  if (jumped) {
    hear("alarms", () => {
      jumped.hidden = false;
    });
  }
  source.addEventListener("error", listenLater);
}

/** A stream that breaks off is taken up by the browser. One that is refused, by a
    proxy while the service starts or once the session has ended, it gives up. */
function listenLater() {
  if (source?.readyState !== EventSource.CLOSED) {
    return;
  }
  stopListening();
  retryTimer = setTimeout(listen, pauseMs * (0.5 + Math.random()));
  pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
}

function stopListening() {
  clearTimeout(retryTimer);
  source?.close();
  source = null;
}

/** Of HTTP/1.1 a browser allows a host six connections: pages out of sight keep none. */
function listenInSight() {
  if (document.hidden) {
    stopListening();
  } else {
    listen();
  }
}

if (listened.length > 0 || jumped) {
  listenInSight();
  document.addEventListener("visibilitychange", listenInSight);
  window.addEventListener("pageshow", listenInSight);
  window.addEventListener("pagehide", stopListening);
}
