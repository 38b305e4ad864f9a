/** The words of the page in the visitor's language. Modules write them in English; the page brings what they are else. */

const table = JSON.parse(document.getElementById("translations")?.textContent ?? "{}");

/**
 * English words in the language of the page, with `{name}` replaced.
 * @param {string} words
 * @param {Record<string, unknown>} values
 */
export function t(words, values = {}) {
  const found = table[words] ?? words;
  return found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The language of the page: "en" or "zh". */
export const language = document.documentElement.lang;

/** A number as the language of the page writes it. */
export const number = (value) => value.toLocaleString(language);
