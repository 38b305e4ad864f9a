/** The list of examples: one box ticks all of the page. */

import { byId } from "./dom.js";

const all = byId("all"); // missing for who may only look, and where nothing is listed
if (all) {
  const boxes = [...document.querySelectorAll('[name="chosen"]')];
  byId("all-label").hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
}
