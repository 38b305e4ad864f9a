/** Says why an answer was given, or none: what was found and where each stage put it, what was weighed, what it took. */

import { h } from "./dom.js";
import { ranking } from "./ranks.js";
import { openSource } from "./source.js";
import { t } from "./translate.js";
import { STEPS, duration, percent, place } from "./words.js";

/**
 * The folded explanation of an answer.
 * @param {object} answer as /v1/ask gives it
 * @param {boolean} none it says that there is no answer
 */
export function why(answer, none) {
  const { passages = [], candidates = [] } = answer.explanation;
  return h("details.why", h("summary", none ? t("Why no answer") : t("Why this answer")),
    facts(answer),
    stages(answer.timings),
    candidates.length ? section(t("What was weighed"), h("ol.weighed", ...candidates.slice(0, 5).map((one) => candidate(one, answer)))) : null,
    passages.length ? section(t("Passages that were read"), h("ol.read", ...passages.map((one, at) => passage(one, at + 1)))) : null,
  );
}

function facts(answer) {
  const { passages = [], threshold, classify, faq } = answer.explanation;
  const terms = [...new Set(passages.flatMap((one) => one.matched_terms ?? []))].slice(0, 12);
  const needed = threshold ?? faq?.threshold;
  const rows = [
    [t("About"), classify ? `${classify.labels.join(", ")}, ${percent(classify.probability)}` : ""],
    [t("Out of scope"), typeof classify?.out_of_scope === "number" ? percent(classify.out_of_scope) : ""],
    [t("Confidence"), percent(answer.confidence) + (typeof needed === "number" ? t(", needed {share}", { share: percent(needed) }) : "")],
    [t("Passages read"), passages.length ? String(passages.length) : ""],
    [t("Words found"), terms.join(", ")],
    [t("Release"), answer.release],
  ].filter(([, value]) => value);
  return h("dl", ...rows.flatMap(([name, value]) => [h("dt", name), h("dd", value)]));
}

/** Time by stage, each with a bar of its share. */
function stages({ total, ...each }) {
  if (total === undefined) return null;
  const rows = Object.entries(each).map(([stage, milliseconds]) => {
    const bar = h("span.share", { "aria-hidden": "true" });
    bar.style.width = percent(total ? milliseconds / total : 0);
    return h("tr", h("th", { scope: "row" }, STEPS[stage] ?? stage), h("td", duration(milliseconds)), h("td.bar-cell", bar));
  });
  return section(t("Time"),
    h("table.times", h("tbody", ...rows, h("tr.total", h("th", { scope: "row" }, t("In all")), h("td", duration(total)), h("td")))));
}

function candidate(one, answer) {
  const given = answer.evidence.some((cited) => cited.version_id === one.version_id && cited.start === one.start && cited.end === one.end);
  const score = t("reader {score}, passage {rank}", { score: one.reader_score.toFixed(2), rank: one.passage + 1 });
  return h("li", h(given ? "strong" : "span", { dir: "auto" }, one.text), h("span.note", ` ${score}`));
}

function passage(one, rank) {
  const name = [one.title, ...(one.heading_path ?? []).slice(one.heading_path?.[0] === one.title ? 1 : 0)].join(" › ");
  const page = one.page ? ` · ${t("page {page}", { page: one.page })}` : "";
  const stages = ["lexical", "dense", "fused", "rerank"].filter((stage) => stage === "lexical" || stage === "dense" || one[`${stage}_rank`]);
  return h("li",
    one.document_id
      ? h("button.link", { type: "button", "aria-label": t("Open passage {rank} in the document", { rank }), onclick: () => openSource({ document: one.title, ...one }) }, h("bdi", name), page)
      : null,
    h("dl.ranks", ...stages.map((stage) => ranking(stage, one[`${stage}_rank`], one[`${stage}_score`]))),
    one.matched_terms?.length ? h("p.note", t("Matched: "), h("bdi", one.matched_terms.join(" · "))) : null);
}

const section = (title, ...content) => h("section", h("h3", title), ...content);
