/** Moves the threshold of an evaluation: what it would answer and how much of that wrongly, from counts in the page. */

import { byId } from "./dom.js";
import { t } from "./translate.js";

const told = byId("choice").dataset.points;
if (told) begin(JSON.parse(told));

function begin({ points, questions, x, y, most }) {
  const range = byId("threshold");
  const curve = byId("curve");
  const share = (count, all) => (all ? `${Math.round((100 * count) / all)}%` : "–");
  const between = ([from, to], part) => from + Math.min(1, Math.max(0, part)) * (to - from);

  range.addEventListener("input", () => {
    const [answered, wrong, withheld] = points[range.valueAsNumber];
    const coverage = share(answered, questions);
    const error = share(wrong, answered);
    byId("threshold-now").textContent = `${range.value}%`;
    byId("answered").textContent = coverage;
    byId("wrong").textContent = error;
    byId("counts").textContent = t("{answered} answered, {wrong} wrong; {withheld} right answers are withheld", { answered, wrong, withheld });
    range.setAttribute("aria-valuetext", t("{threshold}%: {coverage} answered, {error} wrong", { threshold: range.value, coverage, error }));
    place(curve, answered ? [between(x, answered / questions), between(y, wrong / answered / most)] : null);
    history.replaceState(null, "", address(range.value));
  });
}

/** Move the mark of the threshold on the curve; without an answer there is none. */
function place(curve, at) {
  const cut = curve.querySelector(".cut");
  const dot = curve.querySelector(".at");
  for (const mark of [cut, dot]) mark?.classList.toggle("away", at === null);
  if (at === null || !cut) return;
  cut.setAttribute("x1", at[0]);
  cut.setAttribute("x2", at[0]);
  dot.setAttribute("cx", at[0]);
  dot.setAttribute("cy", at[1]);
}

/** The address of the page at a threshold, so that a reload or a link shows the same. */
function address(threshold) {
  const query = new URLSearchParams(location.search);
  query.set("threshold", threshold);
  return `${location.pathname}?${query}${location.hash}`;
}
