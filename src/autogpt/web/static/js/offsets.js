/** Places in a text that is shown: code points as the API counts them, UTF-16 as strings do, nodes as the page does. */

/** The text of an element that does not change any more. Inside, places are UTF-16 offsets in it. */
export class ShownText {
  /**
   * @param {HTMLElement} root
   * @param {number} start offset of the text in its document, in code points
   * @param {string} language
   */
  constructor(root, start, language) {
    Object.assign(this, { root, start, language, text: root.textContent });
    this.nodes = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let at = 0; walker.nextNode(); at += walker.currentNode.length) this.nodes.push({ node: walker.currentNode, at });
    this.points = [];
    for (let at = 0; at < this.text.length; at += this.text.codePointAt(at) > 0xffff ? 2 : 1) this.points.push(at);
    this.points.push(this.text.length);
  }

  /** Offset in the document of a place. */
  offset(at) {
    return this.start + lastAtMost(this.points, at, (one) => one);
  }

  /** Place of an offset in the document, or null when it is not shown. */
  place(offset) {
    return this.points[offset - this.start] ?? null;
  }

  /** The range of two places. */
  range(from, to) {
    const range = document.createRange();
    range.setStart(...this.#position(from, false));
    range.setEnd(...this.#position(to, true));
    return range;
  }

  /** The places of what is selected in the text, or null when nothing is, or something else. */
  selected() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!this.root.contains(range.startContainer) || !this.root.contains(range.endContainer)) return null;
    const [from, to] = this.#trimmed(this.#measure(range.startContainer, range.startOffset), this.#measure(range.endContainer, range.endOffset));
    return from < to ? [from, to] : null;
  }

  /** Words, by places; of Chinese by the browser's dictionary. */
  get words() {
    this.wordList ??= this.#segments("word").filter((one) => one.isWordLike).map(({ index, segment }) => [index, index + segment.length]);
    return this.wordList;
  }

  /** Sentences without the white space around them, by places. */
  get sentences() {
    this.sentenceList ??= this.#segments("sentence")
      .map(({ index, segment }) => this.#trimmed(index, index + segment.length))
      .filter(([from, to]) => from < to);
    return this.sentenceList;
  }

  #segments(granularity) {
    return [...new Intl.Segmenter(this.language, { granularity }).segment(this.text)];
  }

  #trimmed(from, to) {
    const piece = this.text.slice(from, to);
    return [from + piece.length - piece.trimStart().length, to - (piece.length - piece.trimEnd().length)];
  }

  #measure(node, offset) {
    const before = document.createRange();
    before.setStart(this.root, 0);
    before.setEnd(node, offset);
    return before.toString().length;
  }

  #position(at, ends) {
    if (!this.nodes.length) return [this.root, 0];
    let index = lastAtMost(this.nodes, at, (one) => one.at);
    if (ends && index && this.nodes[index].at === at) index -= 1;
    const { node, at: begins } = this.nodes[index];
    return [node, Math.min(node.length, at - begins)];
  }
}

/** Index of the last of sorted values that is at most `limit`. */
function lastAtMost(list, limit, key) {
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (key(list[middle]) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
