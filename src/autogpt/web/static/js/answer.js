/** Draws one answer: its text, how sure it is, where it stands, thumbs, and why. */

import { post } from "./api.js";
import { h, icon } from "./dom.js";
import { marked } from "./highlight.js";
import { correctIt, sendToReview } from "./improve.js";
import { openSource } from "./source.js";
import { t } from "./translate.js";
import { why } from "./why.js";
import { percent, place, sureness } from "./words.js";

/** The card of an answer. */
export function answerCard(answer) {
  const draw = unanswered(answer) ? abstention : reply;
  return h(
    `article.answer.${unanswered(answer) ? "abstain" : "given"}`,
    { "aria-label": t("Answer") },
    ...draw(answer),
    ...answer.notices.map((notice) => h("p.notice", icon("warning"), notice)),
    h("footer.answer-foot", thumbs(answer), correctIt(answer), why(answer, unanswered(answer))),
  );
}

/** Scroll each source of a card so that its marked place can be seen; call it once the card is on the page. */
export function centreMarks(card) {
  for (const quote of card.querySelectorAll("blockquote")) {
    const mark = quote.querySelector("mark");
    if (mark) quote.scrollTop = mark.offsetTop - quote.clientHeight / 2;
  }
}

/** One line for people who listen to the page. */
export function spoken(answer) {
  if (unanswered(answer)) return `${t("No answer.")} ${answer.text}`;
  return t("Answer: {answer}. {sureness}, {share}.", {
    answer: answer.text, sureness: sureness(answer.confidence).words, share: percent(answer.confidence),
  });
}

/** Whether it says that there is no answer: because nothing is known, or because a person will give it. */
function unanswered(answer) {
  return answer.kind === "abstain" || answer.kind === "handover";
}

function reply(answer) {
  const [first, ...others] = answer.evidence;
  return [
    h("p.answer-text", answer.text),
    answer.kind === "faq" ? vetted(answer) : confidence(answer.confidence),
    answer.kind === "generated" ? h("p.note", t("Worded by a language model. Each sentence was checked against the sources below.")) : null,
    first ? sourceCard(first, t("Source")) : null,
    others.length
      ? h("details.more", { ontoggle: (event) => centreMarks(event.target) }, h("summary", others.length === 1 ? t("One more place") : t("{count} more places", { count: others.length })),
          ...others.map((one) => sourceCard(one)))
      : null,
  ];
}

function abstention(answer) {
  return [
    h("p.answer-text", icon("unknown"), h("span", answer.text)),
    answer.evidence.length
      ? h("section.nearest", h("h3", t("The nearest passages")),
          h("p.note", t("The best of them answers with a probability of {share}, which is too low to say so.", { share: percent(answer.confidence) })),
          ...answer.evidence.map((one) => sourceCard(one)))
      : null,
    sendToReview(answer),
  ];
}

function confidence(share) {
  const { words, level } = sureness(share);
  const fill = h("span.meter-fill");
  fill.style.width = percent(share);
  return h(
    `p.confidence.${level}`,
    h("span.meter", { "aria-hidden": "true" }, fill),
    h("span", h("strong", words), " · ", t("{share} likely to be right", { share: percent(share) })),
  );
}

function vetted(answer) {
  const question = answer.explanation.faq?.question;
  return h("p.confidence.high", icon("check"), h("span", h("strong", t("Vetted answer")), question ? [" ", t("to “{question}”", { question })].join("") : ""));
}

function sourceCard(evidence, label = null) {
  const context = marked(evidence.context, evidence.context_start, [{ ...evidence, tag: "mark" }]);
  return h(
    "section.source",
    label ? { "aria-label": label } : {},
    h("header",
      icon("document"),
      h("div", h("h3", evidence.title || evidence.document), h("p.path", place(evidence))),
      h("button.quiet", { type: "button", title: t("Open in the document"), onclick: () => openSource(evidence) },
        icon("open"), h("span", t("Open")))),
    h("blockquote", context),
  );
}

function thumbs(answer) {
  if (!answer.audit_id) return null;
  const said = h("span.said", { role: "status" });
  const buttons = ["up", "down"].map((thumb) =>
    h("button.thumb", {
      type: "button",
      "aria-pressed": "false",
      "aria-label": thumb === "up" ? t("This answer helped") : t("This answer did not help"),
      onclick: () => give(thumb),
    }, icon(thumb)),
  );
  async function give(thumb) {
    const [up, down] = buttons;
    try {
      await post("/v1/feedback", { audit_id: answer.audit_id, thumb });
      up.setAttribute("aria-pressed", String(thumb === "up"));
      down.setAttribute("aria-pressed", String(thumb === "down"));
      said.textContent = thumb === "up" ? t("Thank you.") : t("Thank you. A person will look at it.");
    } catch (error) {
      said.textContent = `${t("That was not stored.")} ${error.message}`;
    }
  }
  return h("div.thumbs", { role: "group", "aria-label": t("Was this helpful?") }, ...buttons, said);
}
