/** The page of documents: sends files as they are dropped, and follows how they are brought in. */

import { post, request } from "./api.js";
import { byId } from "./dom.js";
import { number, t } from "./translate.js";

const files = byId("files");
const drop = byId("drop"); // missing for who may only look

async function upload(chosen) {
  if (!chosen.length) return;
  const form = new FormData();
  for (const file of chosen) form.append("files", file);
  const total = chosen.length === 1 ? chosen[0].name : t("{count} files", { count: chosen.length });
  tell(t("Sending {what}…", { what: total }));
  try {
    const job = await (await request("/v1/documents", { method: "POST", body: form })).json();
    await follow(job);
  } catch (error) {
    tell(`${error.message} ${error.hint ?? ""}`, { ended: true });
  }
  files.value = "";
}

/** Show a job's progress until it has ended. */
function follow(job) {
  const cancel = byId("upload-cancel");
  cancel.onclick = () => post(`/v1/jobs/${job.id}/cancel`, {}).catch(() => {});
  cancel.hidden = false;
  return new Promise((resolve) => {
    const stream = new EventSource(`/v1/jobs/${job.id}/events`);
    stream.addEventListener("job", ({ data }) => {
      const now = JSON.parse(data);
      if (["queued", "running"].includes(now.state)) {
        const doing = now.state === "queued" ? t("Waiting") : now.stage || t("Starting");
        const words = [doing[0].toUpperCase() + doing.slice(1), now.message || now.reason].filter(Boolean).join(" · ");
        tell(words, { done: now.done, total: now.total });
        return;
      }
      stream.close();
      tell(now.state === "done" ? outcome(now.result) : now.reason, { ended: true });
      if (now.state === "done") refresh();
      resolve();
    });
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return; // it connects again by itself
      tell(t("The connection was lost. What was sent is still brought in."), { ended: true });
      resolve();
    });
  });
}

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
