/** Talks to the server. Errors arrive as ApiError with the server's own words. */

import { t } from "./translate.js";

export class ApiError extends Error {
  constructor(status, { kind = "Error", message = t("Something went wrong."), hint = "" }, retryAfter = null) {
    super(message);
    Object.assign(this, { status, kind, hint, retryAfter });
  }
}

/** A request; the response is returned only when it went well. */
export async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, {
      kind: "Offline",
      message: t("The server cannot be reached."),
      hint: t("Check that it is running and that you are connected, then try again."),
    });
  }
  if (response.ok) return response;
  if (response.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  let details = {};
  try {
    details = (await response.json()).error ?? {};
  } catch {
    details = { message: t("The server answered with status {status}.", { status: response.status }) };
  }
  throw new ApiError(response.status, details, Number(response.headers.get("Retry-After")) || null);
}

/** POST JSON and return JSON; `signal` stops waiting. */
export async function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(body), signal };
  return (await request(path, options)).json();
}

/** GET JSON. */
export const get = async (path) => (await request(path)).json();

/**
 * Ask a question and return the answer.
 * @param {string} question
 * @param {(stage: string) => void} onStage called when a stage begins
 * @param {AbortSignal} signal stops waiting
 */
export async function ask(question, onStage, signal) {
  const response = await request("/v1/ask", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ question }),
    signal,
  });
  for await (const { name, data } of events(response.body)) {
    if (name === "stage") onStage(data.stage);
    if (name === "answer") return data;
    if (name === "error") throw new ApiError(500, data);
  }
  throw new ApiError(0, { message: t("The answer broke off."), hint: t("Try again.") });
}

/** The server-sent events of a body, with their JSON parsed. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (waiting + value).split("\n\n");
      waiting = blocks.pop();
      for (const block of blocks) {
        const fields = Object.fromEntries(
          block.split("\n").filter((line) => /^\w/.test(line)).map((line) => line.split(/: (.*)/s, 2)),
        );
        if (fields.data) yield { name: fields.event, data: JSON.parse(fields.data) };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
