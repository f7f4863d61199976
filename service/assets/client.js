// The service as this page knows it: the two calls, and what can go wrong.

/** Proves to the service that a call is of its own page; the session is in a cookie. */
const formToken = document.querySelector("meta[name=form-token]").content;

/** What a call fails with: the problem's short name, and what the service said of it. */
export class Problem extends Error {
  constructor(name, { detail = "", fields = [], requestId = "", retryAfterSeconds = null } = {}) {
    super(detail || name);
    this.name = name;
    this.detail = detail;
    this.fields = fields;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Asks for a suggestion. Gives what was asked, answered, and how long it took. */
export async function suggest(body, signal) {
  const started = performance.now();
  const response = await call("POST", "/v1/suggestions", body, signal);
  const value = await json(response);
  return { status: response.status, milliseconds: performance.now() - started, value };
}

/** Says what became of an answer. */
export async function sendFeedback(answerId, feedback) {
  await call("PATCH", `/v1/answers/${encodeURIComponent(answerId)}/feedback`, feedback);
}

async function call(method, path, body, signal) {
  const headers = {
    "X-Form-Token": formToken,
    "Content-Type": "application/json",
    "Accept-Language": document.documentElement.lang,
  };
  let response;
  try {
    response = await fetch(path, { method, headers, body: JSON.stringify(body), signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new Problem("network");
  }
  if (!response.ok) {
    throw await problemOf(response);
  }
  return response;
}

async function json(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new Problem("network");
  }
}

async function problemOf(response) {
  // A proxy in between may answer with something else than a problem body.
  const body = await response.json().catch(() => ({}));
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new Problem(String(body.type ?? "").split(":").pop() || `http-${response.status}`, {
    detail: body.detail ?? `HTTP ${response.status}`,
    fields: body.errors ?? [],
    requestId: body.request_id || response.headers.get("X-Request-Id") || "",
    retryAfterSeconds: Number.isNaN(retryAfter) ? null : retryAfter,
  });
}
