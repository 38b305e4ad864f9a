/** The chat page: takes questions, shows the stages and the answers. */

import { answerCard, centreMarks, spoken } from "./answer.js";
import { ask } from "./api.js";
import { byId, h, icon } from "./dom.js";
import { t } from "./translate.js";
import { STAGES, tooLong } from "./words.js";

const form = byId("ask");
const box = byId("question");
const send = byId("send");
const turns = byId("turns");
const status = byId("status");
const longest = Number(box.dataset.longest);
let running = null;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) running.abort();
  else submit(box.value);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (!running) submit(box.value);
  }
  if (event.key === "Escape" && running) running.abort();
});
box.addEventListener("input", grow);
for (const button of document.querySelectorAll(".suggestion")) {
  button.addEventListener("click", () => submit(button.textContent));
}
send.disabled = false; // until here the form would have left the page

function grow() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 200)}px`;
}

async function submit(text) {
  const question = text.trim();
  if (!question || running) return;
  byId("welcome").hidden = true;
  const stage = h("p.stage", h("span.spinner", { "aria-hidden": "true" }), h("span", STAGES.wait));
  const turn = h("section.turn", h("h2.question", question), stage);
  turns.append(turn);
  box.value = "";
  grow();
  turn.scrollIntoView({ block: "start", behavior: "smooth" });
  running = new AbortController();
  working(true);
  try {
    const problem = tooLong(question, longest);
    if (problem) throw problem;
    const answer = await ask(question, (name) => show(stage, STAGES[name] ?? name), running.signal);
    const card = answerCard(answer);
    stage.replaceWith(card);
    centreMarks(card);
    status.textContent = spoken(answer);
  } catch (error) {
    stage.replaceWith(failure(error, question));
  } finally {
    running = null;
    working(false);
    box.focus({ preventScroll: true });
  }
  turn.scrollIntoView({ block: "start", behavior: "smooth" });
}

function show(stage, words) {
  stage.lastChild.textContent = words;
  status.textContent = words;
}

function working(yes) {
  send.setAttribute("aria-label", yes ? t("Stop") : t("Send the question"));
  send.replaceChildren(icon(yes ? "stop" : "send"));
}

/** What is shown instead of an answer. */
function failure(error, question) {
  if (error.name === "AbortError") return h("p.stage", t("Stopped."));
  const busy = error.kind === "OverloadedError";
  const title = busy ? t("Many people are asking right now.") : error.message;
  const hint = busy ? t("Your question was not lost. Try again in {seconds} s.", { seconds: error.retryAfter ?? 5 }) : error.hint;
  status.textContent = `${title} ${hint ?? ""}`;
  const again = h("button.quiet", { type: "button", onclick: () => submit(question) }, t("Ask again"));
  return h("article.answer.failed", { role: "alert" },
    h("p.answer-text", icon("warning"), h("span", title)), hint ? h("p.note", hint) : null, again);
}
