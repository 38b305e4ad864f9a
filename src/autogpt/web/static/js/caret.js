/** Marks words, sentences and characters of a shown text with the keyboard. */

/** Keys that mark, in a text that has the focus. `onMark` is told of every change that this makes. */
export class Caret {
  /** @param {import("./offsets.js").ShownText} shown */
  constructor(shown, onMark) {
    Object.assign(this, { shown, onMark, pivot: null, head: null, from: 0 });
    this.reversed = getComputedStyle(shown.root).direction === "rtl";
    shown.root.addEventListener("keydown", (event) => this.#key(event));
  }

  /** What is marked: places from and to, or null. */
  get marked() {
    return this.shown.selected();
  }

  /** Mark from one place to another and bring it into view. */
  mark(from, to, { quiet = false } = {}) {
    this.#take(from, to);
    this.#show(quiet);
  }

  /** Where the next key begins when nothing is marked. */
  beginAt(place) {
    this.from = place;
  }

  #key(event) {
    if (event.altKey || event.metaKey) return;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] * (this.reversed ? -1 : 1);
    const line = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const words = this.shown.words;
    if (event.key === "Home" || event.key === "End") {
      if (words.length) this.mark(...words.at(event.key === "Home" ? 0 : -1));
    } else if (step && event.ctrlKey) this.#character(step, event.shiftKey);
    else if (step) this.#unit(words, step, event.shiftKey);
    else if (line && !event.ctrlKey) this.#sentence(line, event.shiftKey);
    else return;
    event.preventDefault();
  }

  /** What is marked now, by whichever means. */
  #sync() {
    const now = this.marked;
    const mine = this.pivot && this.#union();
    if (now && (!mine || now[0] !== mine[0] || now[1] !== mine[1])) this.#take(...now);
    if (!now) this.pivot = this.head = null;
    return now ?? [this.from, this.from];
  }

  /** Go on from a range as if it had been marked word by word, from its beginning. */
  #take(from, to) {
    const first = this.shown.words.find(([, ends]) => ends > from);
    const last = this.shown.words.findLast(([begins]) => begins < to);
    this.pivot = [from, Math.min(first?.[1] ?? to, to)];
    this.head = [Math.max(last?.[0] ?? from, from), to];
  }

  #union() {
    return [Math.min(this.pivot[0], this.head[0]), Math.max(this.pivot[1], this.head[1])];
  }

  #unit(units, step, extends_) {
    const [from, to] = this.#sync();
    const [headFrom, headTo] = extends_ && this.head ? this.head : [from, to];
    const next = step > 0 ? units.find(([begins]) => begins >= headTo) : units.findLast(([, ends]) => ends <= headFrom);
    if (!next) return;
    if (extends_ && this.pivot) this.head = next;
    else this.pivot = this.head = next;
    this.#show();
  }

  #sentence(line, extends_) {
    const [from, to] = this.#sync();
    const sentences = this.shown.sentences;
    if (extends_ && this.pivot) {
      const next = line > 0
        ? sentences.find(([, ends]) => ends > this.head[1])
        : sentences.findLast(([begins]) => begins < this.head[0]);
      if (next) this.head = line > 0 ? [Math.max(next[0], this.head[0]), next[1]] : [next[0], Math.min(next[1], this.head[1])];
    } else {
      const next = line > 0
        ? sentences.find(([begins]) => begins >= to && (begins > from || to === from))
        : sentences.findLast(([begins]) => begins < from);
      const word = next && this.shown.words.find(([begins, ends]) => begins >= next[0] && ends <= next[1]);
      if (next) this.pivot = this.head = word ?? next;
    }
    if (this.pivot) this.#show();
  }

  #character(step, extends_) {
    const [from, to] = this.#sync();
    const { points } = this.shown;
    const index = (place) => points.findIndex((one) => one >= place);
    if (extends_) {
      const ends = points[Math.max(index(from) + 1, Math.min(points.length - 1, index(to) + step))];
      this.#take(from, ends);
    } else {
      const begins = Math.max(0, Math.min(points.length - 2, index(from) + step));
      this.pivot = this.head = [points[begins], points[begins + 1]];
    }
    this.#show();
  }

  #show(quiet = false) {
    const range = this.shown.range(...this.#union());
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    this.from = this.#union()[1];
    const box = range.getBoundingClientRect();
    if (box.top < 80) scrollBy({ top: box.top - innerHeight / 3 });
    else if (box.bottom > innerHeight - 60) scrollBy({ top: box.bottom - (2 * innerHeight) / 3 });
    if (!quiet) this.onMark();
  }
}
