/** Opens a document at a cited place: the page it stands on as a picture with the place boxed, or the text around it. */

import { get } from "./api.js";
import { byId } from "./dom.js";
import { marked } from "./highlight.js";
import { t } from "./translate.js";
import { place } from "./words.js";

const AROUND = 6000;
const WIDTH = 1400;

const dialog = byId("source");
const text = byId("source-text");
const picture = byId("source-page");
const image = byId("source-image");
const notice = byId("source-notice");
const body = dialog.querySelector(".panel-body");
let opened = null; // {evidence, source, number, boxes}
let asText = false; // what the switch was set to last

dialog.querySelector(".close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
byId("source-as-page").addEventListener("click", () => choose(false));
byId("source-as-text").addEventListener("click", () => choose(true));
byId("source-back").addEventListener("click", () => turn(opened.number - 1));
byId("source-on").addEventListener("click", () => turn(opened.number + 1));
byId("source-larger").addEventListener("click", ({ currentTarget }) => {
  currentTarget.setAttribute("aria-pressed", String(picture.classList.toggle("large")));
  centre();
});
image.addEventListener("load", () => {
  picture.removeAttribute("aria-busy");
  centre();
});
image.addEventListener("error", () => {
  picture.hidden = true;
  picture.removeAttribute("aria-busy");
  text.classList.remove("visually-hidden");
  notice.textContent = t("This page cannot be shown as a picture. This is its text.");
  notice.hidden = false;
});

/** Show the place of an evidence, its quote marked and scrolled to. */
export async function openSource(evidence) {
  const { document_id: id, version_id: version, start, end } = evidence;
  byId("source-title").textContent = evidence.title || evidence.document;
  byId("source-path").textContent = place(evidence);
  byId("source-whole").href = `/documents/${encodeURIComponent(id)}?start=${start}&end=${end}#place`;
  byId("source-switch").hidden = byId("source-steps").hidden = picture.hidden = notice.hidden = true;
  text.classList.remove("visually-hidden");
  text.replaceChildren(t("Opening…"));
  dialog.showModal();
  try {
    const query = new URLSearchParams({ version_id: version, start, end, around: AROUND });
    const source = await get(`/v1/documents/${encodeURIComponent(id)}/text?${query}`);
    opened = { evidence, source, number: source.pages[0] ?? null };
    if (source.drawn && opened.number !== null) {
      byId("source-switch").hidden = byId("source-steps").hidden = false;
      byId("source-whole").href = `/documents/${encodeURIComponent(id)}/pages/${opened.number}?start=${start}&end=${end}`;
      await turn(opened.number);
    } else {
      write(source);
    }
    text.focus({ preventScroll: true });
  } catch (error) {
    text.replaceChildren(`${error.message} ${error.hint ?? ""}`);
  }
}

/** Show another page of the opened document. */
async function turn(number) {
  const mine = opened;
  const { document_id: id, version_id: version, start, end } = mine.evidence;
  const path = `/v1/documents/${encodeURIComponent(id)}/pages/${number}`;
  const query = new URLSearchParams({ version_id: version, start, end });
  mine.number = number;
  byId("source-number").textContent = t("Page {number} of {count}", { number, count: mine.source.page_count });
  byId("source-back").disabled = number <= 1;
  byId("source-on").disabled = number >= mine.source.page_count;
  picture.setAttribute("aria-busy", "true");
  notice.hidden = true;
  mine.boxes = [];
  image.src = `${path}.png?${query}&width=${WIDTH}`;
  image.alt = t("Page {number} of {count}", { number, count: mine.source.page_count });
  show();
  try {
    const page = await get(`${path}?${query}`);
    if (opened !== mine || mine.number !== number) return; // turned on meanwhile
    mine.boxes = page.boxes;
    write(page);
    centre();
  } catch (error) {
    text.replaceChildren(`${error.message} ${error.hint ?? ""}`);
  }
}

function choose(words) {
  asText = words;
  show();
  if (words) text.querySelector("mark")?.scrollIntoView({ block: "center" });
  else centre();
}

/** Picture or text, as the switch says; those who listen to the page have the text either way. */
function show() {
  picture.hidden = asText || !notice.hidden;
  text.classList.toggle("visually-hidden", !picture.hidden);
  byId("source-larger").hidden = picture.hidden;
  byId("source-as-page").setAttribute("aria-pressed", String(!asText));
  byId("source-as-text").setAttribute("aria-pressed", String(asText));
}

/** Write a part of the text, its headings and the place marked. */
function write(source) {
  const { start, end } = opened.evidence;
  const headings = source.headings.map((one) => ({ ...one, tag: "strong.heading" }));
  const whole = source.drawn;
  const before = source.text_start > 0 && !whole ? "…" : "";
  const after = source.text_start + Array.from(source.text).length < source.characters && !whole ? "…" : "";
  const inside = start < source.text_start + Array.from(source.text).length && end > source.text_start;
  const places = inside ? [...headings, { start, end, tag: "mark" }] : headings;
  text.replaceChildren(before, marked(source.text, source.text_start, places), after);
  if (!source.text) text.replaceChildren(t("There is no text on this page."));
  if (!text.classList.contains("visually-hidden")) text.querySelector("mark")?.scrollIntoView({ block: "center" });
}

/** Scroll the picture so that the boxed place can be seen. */
function centre() {
  if (picture.hidden || !image.complete) return;
  const [first] = opened.boxes;
  if (!first) {
    body.scrollTop = 0;
    return;
  }
  const [left, top, right, bottom] = first;
  body.scrollTop = image.offsetTop + ((top + bottom) / 2) * image.clientHeight - body.clientHeight / 2;
  picture.scrollLeft = ((left + right) / 2) * image.clientWidth - picture.clientWidth / 2;
}
