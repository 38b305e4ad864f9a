/** The page of documents: sends files as they are dropped, and follows how each of them is brought in. */

import { ApiError, get, post, request } from "./api.js";
import { byId, h } from "./dom.js";
import { language, number, t } from "./translate.js";
import { FILE_STATES, percent } from "./words.js";

const files = byId("files");
const drop = byId("drop"); // missing for who may only look
const most = Number(byId("upload")?.dataset.most) * 1e6;
/** Files of one request at most: with more, the first are brought in while the others are on their way. */
const TOGETHER = 50;

async function upload(chosen) {
  if (!chosen.length) return;
  byId("upload-files").hidden = true;
  const jobs = [];
  const outcomes = [];
  let sent = 0;
  const all = chosen.reduce((sum, file) => sum + file.size, 0);
  try {
    for (const some of batches(chosen)) {
      const what = some.length === 1 ? some[0].name : t("{count} files", { count: some.length });
      const job = await send(some, (done) => {
        const share = percent(all ? Math.min(1, (sent + done) / all) : 1);
        tell(t("Sending {what}: {share} of {size}", { what, share, size: megabytes(all) }), { done: sent + done, total: all });
      });
      sent += some.reduce((sum, file) => sum + file.size, 0);
      jobs.push(job);
    }
    for (const job of jobs) outcomes.push(await follow(job));
    if (outcomes.length > 1 && outcomes.every(Boolean)) tell(outcome(summed(outcomes)), { ended: true });
  } catch (error) {
    const begun = jobs.length ? ` ${t("What was sent before is brought in.")}` : "";
    tell(error.name === "AbortError" ? `${t("Stopped.")}${begun}` : `${error.message} ${error.hint ?? ""}${begun}`, { ended: true });
  }
  files.value = "";
}

/** The files in requests that the server takes; one that is too large by itself is sent alone, and refused there. */
function batches(chosen) {
  const made = [];
  let size = 0;
  for (const file of chosen) {
    if (!made.length || made.at(-1).length >= TOGETHER || size + file.size > most) {
      made.push([]);
      size = 0;
    }
    made.at(-1).push(file);
    size += file.size;
  }
  return made;
}

/** Send files and return the job that brings them in. `fetch` does not tell how far a request is. */
function send(some, onProgress) {
  const form = new FormData();
  for (const file of some) form.append("files", file, file.name);
  const sending = new XMLHttpRequest();
  const cancel = byId("upload-cancel");
  cancel.hidden = false;
  cancel.onclick = () => sending.abort();
  onProgress(0);
  return new Promise((resolve, reject) => {
    sending.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
    sending.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    sending.addEventListener("error", () => reject(new ApiError(0, {
      message: t("The connection was lost while files were sent."),
      hint: t("Check that the server runs and that you are connected, then send them again."),
    })));
    sending.addEventListener("load", () => {
      const answer = sending.response ?? {};
      if (sending.status === 202) resolve(answer);
      else reject(new ApiError(sending.status, answer.error ?? { message: t("The server answered with status {status}.", { status: sending.status }) }));
    });
    sending.open("POST", "/v1/documents");
    sending.setRequestHeader("Accept-Language", language);
    sending.responseType = "json";
    sending.send(form);
  });
}

/** Show a job's progress until it has ended; what it did, or null. */
function follow(job) {
  const cancel = byId("upload-cancel");
  cancel.onclick = () => post(`/v1/jobs/${job.id}/cancel`, {}).catch(() => {});
  cancel.hidden = false;
  return new Promise((resolve) => {
    const stream = new EventSource(`/v1/jobs/${job.id}/events`);
    stream.addEventListener("job", ({ data }) => {
      const now = JSON.parse(data);
      list(job.id);
      if (["queued", "running"].includes(now.state)) {
        const doing = now.state === "queued" ? [t("Waiting"), now.reason].filter(Boolean).join(" · ") : now.doing || t("Starting");
        tell(doing[0].toUpperCase() + doing.slice(1), { done: now.done, total: now.total });
        return;
      }
      stream.close();
      tell(now.state === "done" ? outcome(now.result) : now.reason, { ended: true });
      if (now.state === "done") refresh();
      resolve(now.state === "done" ? now.result : null);
    });
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return; // it connects again by itself
      tell(t("The connection was lost. What was sent is still brought in."), { ended: true });
      resolve(null);
    });
  });
}

/** List what has become of each file of a job, those that failed with the reason. */
async function list(id) {
  const place = byId("upload-files");
  try {
    const told = (await get(`/v1/jobs/${id}/files`)).files;
    place.replaceChildren(...told.map((one) =>
      h(one.reason ? "li.bad" : "li",
        h("bdi", one.document_id ? h("a", { href: `/documents/${one.document_id}` }, one.name) : one.name),
        h("span.note", FILE_STATES[one.state] ?? one.state),
        one.reason ? h("span.reason", one.reason) : null)));
    place.hidden = !told.length;
  } catch {
    // the next look at the job tries again
  }
}

/** Several results as one. */
function summed(results) {
  const whole = {};
  for (const result of results) {
    for (const [name, value] of Object.entries(result)) if (typeof value === "number") whole[name] = (whole[name] ?? 0) + value;
  }
  return whole;
}

const megabytes = (bytes) => `${number(Math.max(0.1, Math.round(bytes / 1e5) / 10))} MB`;

/** What an ingest did, in words: "Done: 2 new, 1 not read." */
function outcome(result) {
  const counts = [
    [result.new, t("new")],
    [result.changed, t("changed")],
    [result.unchanged, t("known already")],
    [result.duplicates, t("the same as another")],
    [result.faq_entries, t("vetted answers")],
    [result.failed, t("could not be read")],
  ];
  const parts = counts.filter(([count]) => count).map(([count, words]) => `${number(count)} ${words}`);
  const what = parts.join(t(", ")) || t("nothing changed");
  return t("Done: {what}.", { what });
}

function tell(words, { done = 0, total = null, ended = false } = {}) {
  const bar = byId("upload-bar");
  byId("upload").hidden = false;
  byId("upload-text").textContent = words;
  byId("upload-cancel").hidden ||= ended;
  bar.hidden = ended;
  if (total) Object.assign(bar, { max: total, value: done });
  else bar.removeAttribute("value");
}

/** Draw the lists anew; what was told above them stays. */
async function refresh() {
  const page = new DOMParser().parseFromString(await (await request(location.href)).text(), "text/html");
  byId("lists").replaceWith(page.getElementById("lists"));
}

files?.addEventListener("change", () => upload([...files.files]));
for (const name of ["dragenter", "dragover"]) {
  drop?.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop?.addEventListener(name, () => drop.classList.remove("over"));
drop?.addEventListener("drop", (event) => {
  event.preventDefault();
  upload([...event.dataTransfer.files]);
});
