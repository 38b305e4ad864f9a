/** Keys of the review pages: j and k go on and back, the others press what carries them. Without scripts it is all links and forms. */

const list = [...document.querySelectorAll(".review-list .main")];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") {
    document.activeElement?.blur();
    return;
  }
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select")) return;
  const key = { ArrowDown: "j", ArrowUp: "k" }[event.key];
  if (key && !list.length) return; // the arrows scroll a long page
  if (press(key ?? event.key)) event.preventDefault();
});

/** Do what a key stands for; says whether there was anything to do. */
function press(key) {
  if (list.length && (key === "j" || key === "k")) {
    step(key === "j" ? 1 : -1);
    return true;
  }
  const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!found) return false;
  if (found.tagName === "SUMMARY") open(found);
  else found.click();
  return true;
}

/** Move the focus along the list, which stays where it ends. */
function step(by) {
  const at = list.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1);
  list[next].focus();
  list[next].closest("li").scrollIntoView({ block: "nearest" });
}

/** Open a part of the form and go to its first field; help that is open closes. */
function open(summary) {
  const details = summary.parentElement;
  const field = details.querySelector("textarea, input");
  details.open = field ? true : !details.open;
  (field ?? summary).focus();
}
