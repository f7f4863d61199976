// A tiny workbench: what a host does with <zhiwen-panel>, and nothing else.
// The address takes #server=…&token=…, for trying it quickly.

const byId = (id) => document.getElementById(id);
const panel = byId("panel");

byId("buyer").addEventListener("submit", (event) => {
  event.preventDefault();
  say("buyer", byId("asks"));
});
byId("reply").addEventListener("submit", (event) => {
  event.preventDefault();
  say("agent", byId("reply-box"));
});
byId("connect").addEventListener("submit", (event) => {
  event.preventDefault();
  connect(byId("server").value.trim(), byId("token").value.trim());
});

const given = new URLSearchParams(location.hash.slice(1));
if (given.has("token")) {
  history.replaceState(null, "", location.pathname + location.search);
  connect(given.get("server") ?? byId("server").value, given.get("token"));
}

/** A real workbench has `<script src="https://…/panel.js" defer>` in its page. */
function connect(server, token) {
  panel.token = token;
  panel.hidden = false;
  byId("connect").hidden = true;
  byId("connect").style.display = "none";
  if (!customElements.get("zhiwen-panel")) {
    const script = document.createElement("script");
    script.src = new URL("/panel.js", server);
    document.head.append(script);
  }
}

let count = 0;

function say(role, field) {
  const text = field.value.trim();
  if (text === "") {
    return;
  }
  field.value = "";
  count += 1;
  const message = { id: `m-${Date.now()}-${count}`, role, text, at: new Date().toISOString() };
  const line = document.createElement("li");
  line.textContent = text;
  line.className = role;
  byId("messages").append(line);
  line.scrollIntoView({ block: "nearest" });
  // Before the script has come there is nothing to call: the property waits for it.
  if (panel.addMessage) {
    panel.addMessage(message);
  } else {
    panel.messages = [...panel.messages ?? [], message];
  }
}
