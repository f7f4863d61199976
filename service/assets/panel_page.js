// The panel's own page, in a frame of a workbench: speaks with the window around it.
// Our own messages are the panel's business; this is what Chatwoot says, and
// what a workbench is told.

const FETCH_INFO = "chatwoot-dashboard-app:fetch-info";
const ASK_EVERY_MILLISECONDS = 3000;
const INCOMING = 0;
const OUTGOING = 1;

const panel = document.getElementById("panel");
const origins = new Set(panel.getAttribute("message-origins").split(" ").filter(Boolean));
const isFramed = window.parent !== window;

/** The origin that speaks to us; nothing is told to any other. */
let workbench = null;
let isChatwoot = false;

function start() {
  if (!isFramed || origins.size === 0) {
    return;
  }
  addEventListener("message", hear);
  panel.addEventListener("zhiwen-insert", tellInserted);
  document.addEventListener("visibilitychange", askChatwoot);
  // Chatwoot tells when the frame has loaded, and when asked: not when a message comes.
  setInterval(askChatwoot, ASK_EVERY_MILLISECONDS);
  askChatwoot();
}

function hear(event) {
  if (event.source !== window.parent || !origins.has(event.origin)) {
    return;
  }
  workbench = event.origin;
  const context = contextOf(event.data);
  if (context === null) {
    return;
  }
  isChatwoot = true;
  const conversation = context.conversation ?? {};
  if (conversation.id === undefined) {
    return;
  }
  panel.setAttribute("conversation", `chatwoot-${conversation.id}`);
  if (context.currentAgent?.id !== undefined) {
    panel.setAttribute("agent", `chatwoot-${context.currentAgent.id}`);
  }
  panel.messages = (conversation.messages ?? []).flatMap(messageOf);
}

/** What Chatwoot says of the conversation; null of anything else. */
function contextOf(data) {
  if (typeof data !== "string" || !data.startsWith("{")) {
    return null;
  }
  try {
    const said = JSON.parse(data);
    return said.event === "appContext" ? said.data ?? {} : null;
  } catch {
    return null;
  }
}

/** A message as the panel takes it; none of notes, events, and what has no words. */
function messageOf(message) {
  const role = { [INCOMING]: "buyer", [OUTGOING]: "agent" }[message.message_type];
  if (role === undefined || message.private || !message.content) {
    return [];
  }
  const at = new Date(message.created_at * 1000);
  return [{
    id: `chatwoot-${message.id}`,
    role,
    text: message.content,
    ...(!Number.isNaN(at.getTime()) && { at: at.toISOString() }),
  }];
}

/** Any window may be asked: the question says nothing. */
function askChatwoot() {
  const mayAnswer = workbench === null || isChatwoot;
  if (mayAnswer && document.visibilityState === "visible") {
    window.parent.postMessage(FETCH_INFO, "*");
  }
}

/** A workbench that speaks our messages puts the text in place itself. */
function tellInserted(event) {
  if (workbench === null || isChatwoot) {
    return;
  }
  event.preventDefault();
  window.parent.postMessage({ type: "zhiwen:insert", ...event.detail }, workbench);
}

start();
