/** Marks places in text. Offsets are Unicode code points, as everywhere in the API; strings here count in UTF-16. */

import { h } from "./dom.js";

/**
 * Text as nodes, with its marked places and headings as elements of their own.
 * @param {string} text
 * @param {number} start offset of the text in its document
 * @param {{start: number, end: number, tag: string}[]} places by offsets of the document; they may overlap
 * @returns {DocumentFragment}
 */
export function marked(text, start, places) {
  const points = Array.from(text);
  const inside = (offset) => Math.min(Math.max(offset - start, 0), points.length);
  const borders = new Set([0, points.length]);
  for (const one of places) borders.add(inside(one.start)).add(inside(one.end));
  const sorted = [...borders].sort((a, b) => a - b);
  const fragment = document.createDocumentFragment();
  sorted.slice(0, -1).forEach((from, index) => {
    const to = sorted[index + 1];
    const piece = points.slice(from, to).join("");
    const here = places.filter((one) => inside(one.start) <= from && to <= inside(one.end));
    const nodes = here.length ? [here.reduce((node, one) => h(one.tag, node), document.createTextNode(piece))] : spaced(piece);
    fragment.append(...nodes);
  });
  return fragment;
}

/** Text with its empty lines drawn as small gaps. */
function spaced(text) {
  return text.split(/(\n[^\S\n]*\n\s*)/).map((part, index) => (index % 2 ? h("span.gap") : part));
}
