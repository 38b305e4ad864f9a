/** Opens a document at a cited place. */

import { get } from "./api.js";
import { byId } from "./dom.js";
import { marked } from "./highlight.js";
import { t } from "./translate.js";
import { place } from "./words.js";

const AROUND = 6000;

const dialog = byId("source");
dialog.querySelector(".close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

/** Show the text around an evidence, its quote marked and scrolled to. */
export async function openSource(evidence) {
  const text = byId("source-text");
  byId("source-title").textContent = evidence.title || evidence.document;
  byId("source-path").textContent = place(evidence);
  text.replaceChildren(t("Opening…"));
  dialog.showModal();
  try {
    const { document_id: id, version_id: version, start, end } = evidence;
    const query = new URLSearchParams({ version_id: version, start, end, around: AROUND });
    const source = await get(`/v1/documents/${encodeURIComponent(id)}/text?${query}`);
    const headings = source.headings.map((one) => ({ ...one, tag: "strong.heading" }));
    const before = source.text_start > 0 ? "…" : "";
    const after = source.text_start + Array.from(source.text).length < source.characters ? "…" : "";
    const body = marked(source.text, source.text_start, [...headings, { start, end, tag: "mark" }]);
    text.replaceChildren(before, body, after);
    text.querySelector("mark")?.scrollIntoView({ block: "center" });
    text.focus({ preventScroll: true });
  } catch (error) {
    text.replaceChildren(`${error.message} ${error.hint ?? ""}`);
  }
}
