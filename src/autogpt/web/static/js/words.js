/** What the page says. */

import { number, t } from "./translate.js";

export const STAGES = {
  wait: t("Waiting for a free place…"),
  classify: t("Finding out what it is about…"),
  faq: t("Looking at vetted answers…"),
  retrieve: t("Searching the documents…"),
  read: t("Reading the best passages…"),
  decide: t("Weighing the answer…"),
  compose: t("Wording the answer…"),
};

/** The stages when they are over, as their times are listed. */
export const STEPS = {
  wait: t("Waiting"),
  classify: t("What it is about"),
  faq: t("Vetted answers"),
  retrieve: t("Search"),
  rerank: t("Reranking"),
  read: t("Reading"),
  decide: t("Deciding"),
  compose: t("Wording"),
};

const SURE = [
  [0.9, t("Very sure"), "high"],
  [0.75, t("Sure"), "high"],
  [0.5, t("Fairly sure"), "middle"],
  [0, t("Unsure"), "low"],
];

/** How sure a confidence between 0 and 1 is, in words, and its level for the eye. */
export function sureness(confidence) {
  const [, words, level] = SURE.find(([least]) => confidence >= least) ?? SURE.at(-1);
  return { words, level };
}

/** 0.934 → "93%". */
export const percent = (share) => `${Math.round(share * 100)}%`;

/** 1234.5 → "1.2 s", 89.4 → "89 ms". */
export const duration = (milliseconds) =>
  milliseconds >= 1000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${Math.round(milliseconds)} ms`;

/** Rankings of a search: what they are called, what their scores are, and the digits worth showing. */
export const RANKINGS = {
  fused: [t("Fused"), t("score"), 3],
  lexical: [t("Words"), "BM25", 2],
  dense: [t("Meaning"), t("cosine"), 3],
  rerank: [t("Reranked"), t("logit"), 2],
};

/** What becomes of a file that is brought in. */
export const FILE_STATES = {
  waiting: t("waiting"),
  reading: t("reading"),
  "brought in": t("brought in"),
  changed: t("changed"),
  "known already": t("known already"),
  "repeats another": t("repeats another"),
  "vetted answers": t("vetted answers"),
  "could not be read": t("could not be read"),
  "not read": t("not read"),
};

export const LANGUAGES = { en: t("English"), zh: t("Chinese"), und: t("unknown (und)") };

/** The error for a question of more than `longest` characters, or null. */
export function tooLong(question, longest) {
  const { length } = Array.from(question);
  if (length <= longest) return null;
  const error = new Error(
    t("The question has {length} characters; {longest} are allowed.", { length: number(length), longest: number(longest) }));
  return Object.assign(error, { hint: t("Shorten it and ask again."), mistake: true });
}

/** Where an evidence stands below its title: "fees.pdf · Gold card › Abroad · page 3". */
export function place({ document, title, heading_path: headings, page }) {
  const below = headings[0] === title ? headings.slice(1) : headings;
  const parts = [document === title ? "" : document, below.join(" › "), page === null ? "" : t("page {page}", { page })];
  return parts.filter(Boolean).join(" · ");
}
