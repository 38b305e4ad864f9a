/** The test page of the search: passages, where each ranking put them, and why. The question stands in the address. */

import { post } from "./api.js";
import { byId, h, icon } from "./dom.js";
import { marked } from "./highlight.js";
import { ranking } from "./ranks.js";
import { openSource } from "./source.js";
import { t } from "./translate.js";
import { LANGUAGES, duration, tooLong } from "./words.js";

const form = byId("search");
const box = byId("question");
const count = byId("passages");
const status = byId("status");
const results = byId("results");
const empty = byId("empty");
const longest = Number(box.dataset.longest);
const usual = Number(count.value);
const name = document.title;
let running = null;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const address = addressOf(box.value.trim(), Number(count.value));
  // A question that is too long is refused here, and is no address.
  if (address !== location.pathname + location.search && !tooLong(box.value.trim(), longest)) {
    history.pushState(null, "", address);
  }
  search(box.value.trim(), Number(count.value));
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running) {
    event.preventDefault(); // the box keeps its text
    running.abort();
  }
});
window.addEventListener("popstate", () => fromAddress());
byId("send").disabled = false; // until here the form would have left the page
fromAddress(box.value); // what was typed while the page was loading

function addressOf(question, k) {
  const query = new URLSearchParams(question ? { q: question } : {});
  if (k !== usual) query.set("k", k);
  return query.size ? `/retrieval?${query}` : "/retrieval";
}

/** Show what the address says: a search, or nothing yet but what was `typed`. */
function fromAddress(typed = "") {
  const query = new URLSearchParams(location.search);
  const question = query.get("q")?.trim() ?? "";
  box.value = question || typed;
  count.value = Number(query.get("k")) || usual;
  if (question) search(question, Number(count.value));
  else clear();
}

function clear() {
  running?.abort();
  running = null;
  results.removeAttribute("aria-busy");
  document.title = name;
  status.replaceChildren();
  results.replaceChildren();
  empty.hidden = false;
}

async function search(question, k) {
  running?.abort();
  const mine = (running = new AbortController());
  document.title = question ? `${question} · ${name}` : name;
  empty.hidden = true;
  results.setAttribute("aria-busy", "true");
  status.replaceChildren(h("p.stage", h("span.spinner", { "aria-hidden": "true" }), h("span", t("Searching the documents…"))));
  try {
    const problem = question ? tooLong(question, longest) : noQuestion();
    if (problem) throw problem;
    const found = await post("/v1/retrieve", { question, k }, mine.signal);
    results.replaceChildren(...found.passages.map((one) => h("li", passageCard(one, found.stages))));
    status.replaceChildren(
      ...(found.passages.length ? summary(found) : nothing(found)),
      ...found.notices.map((notice) => h("p.notice", icon("warning"), notice)));
  } catch (error) {
    if (running !== mine) return; // another search has begun
    results.replaceChildren();
    status.replaceChildren(error.name === "AbortError" ? h("p.stage", t("Stopped.")) : failure(error, () => search(question, k)));
  }
  if (running !== mine) return;
  running = null;
  results.removeAttribute("aria-busy");
}

function noQuestion() {
  return Object.assign(new Error(t("There is nothing to search for.")), { hint: t("Type a question."), mistake: true });
}

function failure(error, again) {
  const mistake = error.mistake || (error.status >= 400 && error.status < 429); // the same again would fail again
  return h("article.answer.failed",
    h("p.answer-text", icon("warning"), h("span", error.message)),
    error.hint ? h("p.note", error.hint) : null,
    mistake ? null : h("button.quiet", { type: "button", onclick: again }, t("Search again")));
}

function summary(found) {
  const count = found.passages.length;
  const passages = count === 1 ? t("1 passage") : t("{count} passages", { count });
  const how = t("in {time}, by release {release}", { time: duration(found.milliseconds), release: found.release });
  return [h("p", h("strong", passages), ` ${how}`), question(found)];
}

function nothing(found) {
  return [
    h("p", h("strong", t("No passage was found."))),
    h("p.note", t("Use other words, or check that the documents were brought in and that you may see them.")),
    question(found),
  ];
}

/** What the search took from the question. */
function question({ language, words }) {
  const searched = words.length
    ? [t("Words looked up: "), h("bdi", words.join(" · "))]
    : [t("It holds no word to look up; only its meaning was compared")];
  const told = t("Language of the question: {language}.", { language: LANGUAGES[language] ?? language });
  return h("p.note", `${told} `, ...searched, t("."));
}

function passageCard(one, stages) {
  return h(
    "article.found",
    { "aria-label": t("Passage {rank}", { rank: one.rank }) },
    h("header",
      h("span.number", { "aria-hidden": "true" }, String(one.rank)),
      h("div",
        h("h2", h("bdi", marked(one.title || one.document, 0, marks(one.title ? one.title_matched : [])))),
        h("p.path", ...joined(standing(one), " · "))),
      h("button.quiet", { type: "button", title: t("Open in the document"), "aria-label": t("Open passage {rank} in the document", { rank: one.rank }), onclick: () => openSource(one) },
        icon("open"), h("span", t("Open")))),
    h("dl.ranks", ...stages.map((stage) => ranking(stage, one.ranks[stage], one.scores[stage]))),
    h("p.found-text", { dir: "auto", lang: one.language === "und" ? "" : one.language }, marked(one.text, one.start, marks(one.matched))),
    words(one.matched_terms),
  );
}

const marks = (spans) => spans.map((span) => ({ ...span, tag: "mark" }));

/** File, headings, page and language, each as a node of its own. */
function standing({ document: file, title, heading_path: headings, headings_matched: matched, page, language }) {
  const path = headings
    .map((heading, at) => h("bdi", marked(heading, 0, marks(matched[at]))))
    .slice(headings[0] === title ? 1 : 0);
  return [
    file === title ? null : h("bdi", file),
    path.length ? h("span", ...joined(path, " › ")) : null,
    page === null ? null : t("page {page}", { page }),
    LANGUAGES[language] ?? language,
  ].filter(Boolean);
}

const joined = (nodes, between) => nodes.flatMap((node, at) => (at ? [between, node] : [node]));

function words(terms) {
  if (!terms.length) return h("p.note.terms", t("None of the words that were looked up stands here."));
  return h("p.note.terms", t("Matched: "), ...joined(terms.map((term) => h("bdi.term", term)), " "));
}
