/** Keeps the jobs of a page up to date: their progress as it comes, the whole page when one has ended. */

for (const state of document.querySelectorAll("[data-job]")) follow(state);

function follow(state) {
  const stream = new EventSource(`/v1/jobs/${state.dataset.job}/events`);
  const shown = state.classList.contains("running") ? "running" : "queued";
  stream.addEventListener("job", ({ data }) => {
    const job = JSON.parse(data);
    if (job.state !== shown) {
      stream.close();
      location.reload();
      return;
    }
    state.querySelector(".doing").textContent = job.doing;
    const bar = state.querySelector("progress");
    if (job.total) Object.assign(bar, { max: job.total, value: job.done });
    for (const [name, value] of Object.entries(job.metrics)) {
      const place = document.querySelector(`[data-metric="${CSS.escape(name)}"]`);
      if (place) place.textContent = Number(value.toPrecision(4));
    }
  });
}
