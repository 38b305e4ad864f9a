/** What the page says. */

export const STAGES = {
  wait: "Waiting for a free place…",
  classify: "Finding out what it is about…",
  faq: "Looking at vetted answers…",
  retrieve: "Searching the documents…",
  read: "Reading the best passages…",
  decide: "Weighing the answer…",
  compose: "Wording the answer…",
};

const SURE = [
  [0.9, "Very sure", "high"],
  [0.75, "Sure", "high"],
  [0.5, "Fairly sure", "middle"],
  [0, "Unsure", "low"],
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
  fused: ["Fused", "score", 3],
  lexical: ["Words", "BM25", 2],
  dense: ["Meaning", "cosine", 3],
  rerank: ["Reranked", "logit", 2],
};

export const LANGUAGES = { en: "English", zh: "Chinese", und: "unknown (und)" };

/** The error for a question of more than `longest` characters, or null. */
export function tooLong(question, longest) {
  const { length } = Array.from(question);
  if (length <= longest) return null;
  const error = new Error(`The question has ${length.toLocaleString()} characters; ${longest.toLocaleString()} are allowed.`);
  return Object.assign(error, { hint: "Shorten it and ask again.", mistake: true });
}

/** Where an evidence stands below its title: "fees.pdf · Gold card › Abroad · page 3". */
export function place({ document, title, heading_path: headings, page }) {
  const below = headings[0] === title ? headings.slice(1) : headings;
  const parts = [document === title ? "" : document, below.join(" › "), page === null ? "" : `page ${page}`];
  return parts.filter(Boolean).join(" · ");
}
