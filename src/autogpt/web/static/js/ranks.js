/** Draws where a ranking of the search put a passage, and by which score. */

import { h } from "./dom.js";
import { t } from "./translate.js";
import { RANKINGS } from "./words.js";

/** A description of one ranking, for a list `dl.ranks`; without a rank it did not find the passage. */
export function ranking(stage, rank, score) {
  const [label, unit, digits] = RANKINGS[stage] ?? [stage, t("score"), 3];
  const known = rank !== null && rank !== undefined;
  return h(known ? "div" : "div.absent",
    h("dt", label),
    h("dd", h("strong", known ? `#${rank}` : t("not found")),
      typeof score === "number" ? h("span.score", `${unit} ${score.toFixed(digits)}`) : null));
}
