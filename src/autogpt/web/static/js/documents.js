/** The panel of documents: what there is, adding, removing. */

import { get, post, request } from "./api.js";
import { byId, h, icon } from "./dom.js";
import { number, t } from "./translate.js";

const dialog = byId("documents");
const files = byId("files");
const drop = byId("drop"); // missing for who may only look
let changed = false;

/** Show the panel. */
export function openDocuments() {
  dialog.showModal();
  return refresh();
}

async function refresh() {
  const list = byId("document-list");
  try {
    const { documents, total, failures } = await get("/v1/documents?limit=500");
    byId("documents-count").textContent = total === 1 ? t("1 document") : t("{count} documents", { count: number(total) });
    list.replaceChildren(...documents.map(row));
    byId("failures").replaceChildren(
      ...failures.map((one) => h("li",
        icon("warning"),
        h("span", h("strong", one.name), ` ${one.reason}`),
        bin(t("Dismiss {name}", { name: one.name }), () => dismiss(one)))),
    );
  } catch (error) {
    list.replaceChildren(h("li", error.message));
  }
}

function row(one) {
  const facts = [
    one.name,
    t("{count} characters", { count: number(one.characters) }),
    one.pages ? (one.pages === 1 ? t("1 page") : t("{count} pages", { count: one.pages })) : "",
    one.version > 1 ? t("version {number}", { number: one.version }) : "",
  ];
  return h("li",
    icon("document"),
    h("div", h("strong", one.title), h("p.path", facts.filter(Boolean).join(" · "))),
    bin(t("Remove {name}", { name: one.title }), () => remove(one)));
}

const bin = (words, onclick) => (drop ? h("button.quiet", { type: "button", "aria-label": words, onclick }, icon("bin")) : null);

async function remove(one) {
  if (!window.confirm(t("Remove “{name}”? Its text is erased and can no longer be cited.", { name: one.title }))) return;
  try {
    await request(`/v1/documents/${encodeURIComponent(one.id)}`, { method: "DELETE" });
    changed = true;
  } catch (error) {
    window.alert(`${error.message} ${error.hint}`);
  }
  await refresh();
}

async function dismiss(one) {
  try {
    await request(`/v1/documents/failures/${encodeURIComponent(one.id)}`, { method: "DELETE" });
  } catch (error) {
    window.alert(`${error.message} ${error.hint}`);
  }
  await refresh();
}

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
  await refresh();
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
      changed ||= now.state === "done";
      tell(now.state === "done" ? outcome(now.result) : now.reason, { ended: true });
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

dialog.querySelector(".close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
  if (changed && !document.querySelector(".turn")) location.reload();
});
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
