/** Tells again what a training is likely to take whenever a setting changes. The form works without. */

import { byId } from "./dom.js";

const form = byId("new-training");
const estimate = byId("estimate");
let asked = 0;
let timer = 0;

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(tell, 400);
});

async function tell() {
  const mine = (asked += 1);
  const body = new URLSearchParams(new FormData(form));
  let text;
  try {
    const response = await fetch("/train/estimate", { method: "POST", body });
    if (!response.ok) return;
    text = await response.text();
  } catch {
    return; // what was told last stays
  }
  if (mine !== asked) return; // another setting has changed meanwhile
  const came = new DOMParser().parseFromString(text, "text/html").body;
  estimate.replaceChildren(...came.childNodes);
}
