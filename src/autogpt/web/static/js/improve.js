/** What can be done about an answer: have a person look at it, or mark the right place for those who may. */

import { post } from "./api.js";
import { h, icon } from "./dom.js";
import { t } from "./translate.js";

/** A line below an abstention: the question waits, and can be sent to the front. */
export function sendToReview(answer) {
  if (!answer.audit_id) return null;
  const said = h("span", { role: "status" }, t("The question was put on the list for a person to look at."));
  const button = h("button.quiet.bordered", { type: "button", onclick: send }, t("Send to review"));
  async function send() {
    button.disabled = true;
    try {
      await post("/v1/review", { audit_id: answer.audit_id });
      said.textContent = t("Sent: a person will look at it first.");
      button.remove();
    } catch (error) {
      button.disabled = false;
      said.textContent = `${t("That was not stored.")} ${error.message}`;
    }
  }
  return h("p.note.send-to-review", said, " ", button);
}

/** A link to where the right words are marked in the document, for those who may write examples. */
export function correctIt(answer) {
  const [best] = answer.evidence;
  if (!best || !document.body.hasAttribute("data-annotates")) return null;
  const { start, end } = best;
  const query = new URLSearchParams({ question: answer.question, start, end, review: answer.audit_id });
  return h("a.quiet", { href: `/annotate/${encodeURIComponent(best.document_id)}?${query}` }, icon("pen"), t("Correct it"));
}
