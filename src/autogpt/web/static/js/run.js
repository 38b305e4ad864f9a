/** Keeps the page of a training up to date: it is fetched every two seconds, and what changes is put in place. */

import { byId } from "./dom.js";
import { t } from "./translate.js";

const EVERY = 2000;

if (document.querySelector("[data-waiting]")) setTimeout(() => location.reload(), EVERY);
else if (byId("live")?.dataset.live === "yes") setTimeout(look, EVERY);

async function look() {
  if (!document.hidden) {
    try {
      const response = await fetch(location.pathname);
      if (response.ok && show(await response.text())) return;
    } catch {
      // the server is away for a moment: the next look tells
    }
  }
  setTimeout(look, EVERY);
}

/** Put what came in place; true when the training has ended, and the whole page is fetched again. */
function show(text) {
  const came = new DOMParser().parseFromString(text, "text/html").getElementById("live");
  const shown = byId("live");
  if (!came) return false;
  if (came.dataset.live !== "yes") {
    byId("said").textContent = t("The training has ended.");
    location.reload();
    return true;
  }
  const open = byId("numbers")?.open ?? false;
  const focused = document.activeElement?.closest("#numbers > summary") !== null && shown.contains(document.activeElement);
  shown.replaceWith(came);
  const numbers = byId("numbers");
  if (numbers) {
    numbers.open = open;
    if (focused) numbers.querySelector("summary").focus();
  }
  return false;
}
