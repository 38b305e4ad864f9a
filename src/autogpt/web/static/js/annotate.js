/** The page for annotating a document: marks answers, keeps drafts, and does all of it by keyboard, too. */

import { post } from "./api.js";
import { Caret } from "./caret.js";
import { byId, h, icon } from "./dom.js";
import { Draft } from "./draft.js";
import { ShownText } from "./offsets.js";
import { language, number, t } from "./translate.js";
import { percent } from "./words.js";

const LONGEST_TOLD = 120;
const PLACE = "annotate:place";

const { document: documentId, person, sent } = document.body.dataset;
const given = JSON.parse(byId("draft").textContent);
const path = `/annotate/${documentId}`;
const kept = `/v1/drafts/${documentId}`;
const article = byId("text");
const form = byId("form");
const fields = form.elements;
document.documentElement.classList.add("scripts");

const shown = new ShownText(article, Number(article.dataset.start), language);
const caret = new Caret(shown, marked);
const texts = new Map();
let spans = [];
let saidOf = "";

/* The form */

const read = () => ({
  question: fields.question.value,
  phrasings: fields.phrasings.value,
  spans,
  unanswerable: fields.unanswerable.checked,
  example: fields.example.value,
  read_at: fields.read_at.value,
  review: fields.review.value,
});

function write(content) {
  for (const name of ["question", "phrasings", "read_at", "review"]) fields[name].value = content[name] ?? "";
  fields.example.value = content.example || crypto.randomUUID().replaceAll("-", "");
  fields.unanswerable.checked = Boolean(content.unanswerable);
  spans = (content.spans ?? []).map(([start, end]) => [start, end]);
  draw();
}

/** Show the answers, in the form and in the document. */
function draw() {
  fields.spans.value = spans.map((one) => one.join("-")).join(" ");
  const quoted = ([start, end]) => {
    const [from, to] = [shown.place(start), shown.place(end)];
    if (from !== null && to !== null) texts.set(`${start}-${end}`, shown.text.slice(from, to));
    return texts.get(`${start}-${end}`) ?? t("characters {start} to {end}", { start: number(start), end: number(end) });
  };
  byId("answers").replaceChildren(...spans.map((one) => {
    const text = quoted(one);
    const remove = h("button.quiet", { type: "button", "aria-label": t("Remove the answer {text}", { text: short(text) }), onclick: () => drop(one) }, icon("close"));
    return h("li", h("bdi", text), remove);
  }));
  byId("no-answer").hidden = spans.length > 0 || fields.unanswerable.checked;
  form.classList.toggle("ignored", fields.unanswerable.checked);
  byId("drop").hidden = !fields.read_at.value && !fields.question.value && !spans.length;
  byId("form-title").textContent = fields.read_at.value ? t("Change an example") : t("New example");
  if (!("highlights" in CSS)) return;
  const ranges = spans.map(([start, end]) => [shown.place(start), shown.place(end)]).filter((one) => !one.includes(null));
  CSS.highlights.set("answers", new Highlight(...ranges.map((one) => shown.range(...one))));
}

function drop(span) {
  spans = spans.filter((one) => one !== span);
  changed();
  article.focus({ preventScroll: true });
}

/** Take what is marked as an answer. */
function take() {
  const now = caret.marked;
  if (!now) return tell(t("Nothing is marked."));
  const [start, end] = now.map((one) => shown.offset(one));
  if (!spans.some((one) => one[0] === start && one[1] === end)) spans.push([start, end]);
  fields.unanswerable.checked = false;
  changed();
  tell(t("Answer: “{text}”", { text: short(shown.text.slice(...now)) }));
  if (!fields.question.value.trim()) fields.question.focus();
}

function changed() {
  draw();
  draft.changed();
}

const short = (text) => (text.length > LONGEST_TOLD ? `${text.slice(0, LONGEST_TOLD)}…` : text);
const tell = (words) => { byId("told").textContent = words; };

/** Say what is marked, unless more was said of it already. */
function marked() {
  const now = caret.marked;
  byId("take").disabled = !now;
  if (now && now.join() !== saidOf) tell(t("Marked: “{text}”", { text: short(shown.text.slice(...now)) }));
  saidOf = now?.join() ?? "";
}

function markQuietly(places) {
  saidOf = places.join();
  caret.mark(...places, { quiet: true });
  byId("take").disabled = false;
}

/* The draft */

const draft = new Draft({
  path: kept,
  key: `autogpt:draft:${person}:${documentId}`,
  draft: given.draft,
  versionId: article.dataset.version,
  read,
  write,
  tell: (words) => { byId("kept").textContent = words; },
  onVersion: (version) => { fields.draft_version.value = version; },
  onConflict: (theirs) => {
    byId("conflict-there").textContent = [theirs.content.question, theirs.content.phrasings].filter(Boolean).join("\n") || t("nothing");
    byId("conflict").hidden = false;
    byId("take-theirs").focus();
  },
});
const same = (one, other) => ["question", "phrasings", "unanswerable"].every((name) => (one[name] || "") === (other[name] || ""))
  && JSON.stringify(one.spans ?? []) === JSON.stringify(other.spans ?? []);
const isEmpty = (content) => same(content, {});

/** Bring together what the page came with, what the server keeps and what this browser kept. */
function begin() {
  document.querySelectorAll("#answers li").forEach((one, index) => {
    texts.set(fields.spans.value.split(" ")[index], one.textContent);
  });
  spans = fields.spans.value.split(" ").filter(Boolean).map((one) => one.split("-").map(Number));
  draw();
  const local = draft.local;
  if (local && (local.content.example === sent || (!local.content.read_at && given.ids.includes(local.content.example)))) {
    draft.forget();
  } else if (local?.dirty && !given.failed && !isEmpty(local.content)) {
    const mine = { version: given.draft.version, content: local.content };
    if (given.given) {
      if (!same(read(), local.content)) draft.conflict(mine);
    } else if (local.version < given.draft.version && !same(given.draft.content, local.content)) {
      const theirs = { version: given.draft.version, content: given.draft.content };
      write(local.content);
      draft.conflict(theirs);
    } else {
      write(local.content);
      draft.changed();
      byId("kept").textContent = t("Brought back from this browser.");
    }
    return;
  }
  if (given.failed) draft.changed();
  else if (given.given && !isEmpty(given.draft.content) && !same(read(), given.draft.content)) draft.conflict(given.draft);
}

byId("take-theirs").addEventListener("click", () => { draft.takeTheirs(); settled(); });
byId("keep-mine").addEventListener("click", () => { draft.keepMine(); settled(); });

function settled() {
  byId("conflict").hidden = true;
  fields.question.focus();
}

form.addEventListener("input", changed);
byId("drop").addEventListener("click", async (event) => {
  event.preventDefault();
  write({});
  draft.changed();
  await draft.push();
  location.assign(event.target.href);
});
form.addEventListener("submit", async (event) => {
  remember();
  if (!draft.sending) return;
  event.preventDefault(); // what is under way must not come in after what is saved
  await draft.sending;
  draft.sending = null;
  form.requestSubmit(event.submitter);
});

/* Where one was */

function remember() {
  const now = caret.marked;
  sessionStorage.setItem(PLACE, JSON.stringify({ documentId, offset: shown.offset(now ? now[1] : caret.from), scroll: scrollY }));
}

function comeBack() {
  const query = new URLSearchParams(location.search);
  const hash = /^#mark=(\d+)-(\d+)$/.exec(location.hash);
  const wanted = hash ? [hash[1], hash[2]] : [query.get("start"), query.get("end")];
  const places = wanted[0] && wanted[1] ? wanted.map((one) => shown.place(Number(one))) : [null];
  if (!places.includes(null)) {
    caret.mark(...places);
    fields.question.value ? article.focus({ preventScroll: true }) : fields.question.focus({ preventScroll: true });
    return;
  }
  const before = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
  sessionStorage.removeItem(PLACE);
  if (before?.documentId !== documentId) return;
  caret.beginAt(shown.place(before.offset) ?? 0);
  scrollTo({ top: before.scroll });
  article.focus({ preventScroll: true });
}

/* The model */

byId("ask").addEventListener("click", ask);

async function ask() {
  const question = fields.question.value.trim();
  if (!question) {
    tell(t("Write the question first."));
    fields.question.focus();
    return;
  }
  byId("ask").disabled = true;
  tell(t("The model reads the document…"));
  try {
    const { found } = await post(`${kept}/answer`, { question });
    if (!found) tell(t("The model finds no answer in this document."));
    else await propose(found);
  } catch (error) {
    tell(`${error.message} ${error.hint ?? ""}`);
  }
  byId("ask").disabled = false;
}

async function propose({ start, end, text, confidence }) {
  const places = [shown.place(start), shown.place(end)];
  if (places.includes(null)) {
    await draft.push();
    location.assign(`${path}?at=${start}#mark=${start}-${end}`);
    return;
  }
  markQuietly(places);
  article.focus({ preventScroll: true });
  tell(t("The model marks “{text}” and is {share} sure. Enter takes it; the arrows mark something else.", { text: short(text), share: percent(confidence) }));
}

/* Examples */

const list = [...document.querySelectorAll("#examples > li")];
let current = -1;

function step(by) {
  if (!list.length) return tell(t("There are no examples here yet."));
  const reached = list.findIndex((one) => one.dataset.start && shown.place(Number(one.dataset.start)) >= caret.from);
  const first = by > 0 ? Math.max(0, reached) : list.length - 1;
  current = current < 0 ? first : (current + by + list.length) % list.length;
  const one = list[current];
  list.forEach((other) => other.classList.toggle("current", other === one));
  article.querySelectorAll("mark").forEach((mark) => mark.classList.toggle("current", mark.dataset.example === one.dataset.example));
  one.scrollIntoView({ block: "nearest" });
  const places = [shown.place(Number(one.dataset.start)), shown.place(Number(one.dataset.end))];
  if (one.dataset.start && !places.includes(null)) markQuietly(places);
  const parts = [".asked", ".quoted", ".sure"].map((name) => one.querySelector(name)?.textContent.trim());
  tell(parts.filter(Boolean).join(" "));
}

function press(selector) {
  const button = list[current]?.querySelector(selector);
  if (!button) return tell(t("Choose a suggestion first, with j and k."));
  remember();
  button.click();
}

/* Keys */

const KEYS = {
  q: () => fields.question.focus(),
  p: () => fields.phrasings.focus(),
  u: () => { fields.unanswerable.checked = !fields.unanswerable.checked; changed(); tell(fields.unanswerable.checked ? t("The document does not answer it.") : t("The document answers it.")); },
  m: ask,
  j: () => step(1),
  k: () => step(-1),
  a: () => press('button[name="accept"][value="yes"]'),
  x: () => press('button[name="accept"][value=""]'),
  e: () => press('a[href^="?example="]'),
  z: () => byId("undo")?.click(),
  n: () => document.querySelector('.reading a[rel="next"]')?.click(),
  b: () => document.querySelector('.reading a[rel="prev"]')?.click(),
  "?": () => byId("help").showModal(),
};

article.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter") take();
  else if (event.key in KEYS) KEYS[event.key]();
  else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(byId("save"));
  } else if (event.key === "Escape" && !document.querySelector("dialog[open]")) article.focus({ preventScroll: true });
});
document.addEventListener("selectionchange", marked);
byId("take").addEventListener("mousedown", (event) => event.preventDefault()); // keeps what is marked
byId("take").addEventListener("click", take);
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("help").querySelector(".close").addEventListener("click", () => byId("help").close());
document.querySelectorAll(".writing form, #done form").forEach((one) => one !== form && one.addEventListener("submit", remember));

begin();
comeBack();
