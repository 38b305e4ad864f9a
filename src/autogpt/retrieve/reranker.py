"""Judges the best passages of a search together with the question, within a time limit, and ranks them anew.

In: a question, and passages with their fused scores. Out: logits, and the ranking they give. A cross-encoder sees both
texts at once, and so tells more than their vectors do, at the price of a forward pass a passage (Nogueira and Cho 2019,
"Passage Re-ranking with BERT"). Knows nothing about workspaces or releases.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from autogpt.errors import NotFoundError
from autogpt.read.backends import Backend, Batch, load_backend
from autogpt.read.backends.facts import TOKENIZER_FILE
from autogpt.read.backends.padding import pad
from autogpt.retrieve.retriever import Retrieved

#: Passages in one forward pass. Fewer fit a time limit better, more are read faster each.
BATCH = 4
#: Tokens of a pair where the model does not say on how many it was trained.
_TOKENS = 256
#: Weight of the newest batch in the running mean of seconds per token.
_NEWEST = 0.2
#: What the mean is multiplied by when nothing was read for it: what was slow once is tried again some time.
_FORGETS = 0.9
#: The same while fewer than `_FEW` batches are known: one that was slow by chance is most of their mean.
_FORGETS_SOON, _FEW = 0.5, 5


class Reranker:
    """A cross-encoder in a model folder. May be shared between threads; one of them computes at a time.

    Args:
        folder: an exported reranker, or a trained one for the torch backend.
        backend: name in `read.backends.BACKENDS`, or a loaded backend.
        threads: processor threads; 0 means all cores.
        max_tokens: longer pairs are cut, the longer text first; 0 for the length that the model was trained on, 256
            where it does not say.
        batch: passages in one forward pass.
        clock: seconds, monotonic.

    Raises:
        NotFoundError: there is no model in `folder`.
        UsageError: no such backend, or the model is no reranker.
    """

    def __init__(
        self,
        folder: Path,
        backend: str | Backend = "openvino",
        *,
        threads: int = 0,
        max_tokens: int = 0,
        batch: int = BATCH,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        if not (folder / TOKENIZER_FILE).is_file():
            raise NotFoundError(f"{folder} holds no {TOKENIZER_FILE}.", "Name the folder of a reranker.")
        self.folder = folder
        self.backend = load_backend(backend, folder, threads) if isinstance(backend, str) else backend
        self.backend.require("reranker")
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._tokenizer.no_padding()
        facts = self.backend.facts
        self._tokens = min(max_tokens or facts.trained_tokens or _TOKENS, facts.max_tokens)
        self._tokenizer.enable_truncation(self._tokens, strategy="longest_first")
        self._batch = batch
        self._clock = clock
        self._lock = threading.Lock()
        self._seconds_per_token = 0.0
        self._known = 0

    def warm_up(self) -> None:
        """Judge made-up pairs of about half and of full length, so that no question waits for kernels to be built.

        What that takes is not counted among the times that batches are expected to take.
        """
        for tokens in (self._tokens // 2, self._tokens):
            batch = self._batch_of("a", ["a " * tokens] * self._batch)
            with self._lock:
                self.backend.run(batch)

    def logits(self, question: str, texts: Sequence[str], limit: float | None = None) -> list[float]:
        """How well each of `texts` answers, in their order; more is better.

        Fewer than there are texts where the time does not suffice: no batch is begun that is not expected to end in
        time, judging by the batches before it. As long as there were none, one is begun whenever any time is left.

        Args:
            limit: seconds, waiting for other callers included; None for as long as it takes.
        """
        began = self._clock()
        found: list[float] = []
        for at in range(0, len(texts), self._batch):
            batch = self._batch_of(question, texts[at : at + self._batch])
            tokens = batch.input_ids.size
            if not self._enter(None if limit is None else began + limit, tokens, first=not found):
                break
            try:
                started = self._clock()
                (scores,) = self.backend.run(batch)
                self._learn((self._clock() - started) / tokens)
            finally:
                self._lock.release()
            found += scores[:, 0].tolist()
        return found

    def _batch_of(self, question: str, texts: Sequence[str]) -> Batch:
        rows = self._tokenizer.encode_batch([(question, text) for text in texts])
        return pad([row.ids for row in rows], [row.type_ids for row in rows], self.backend.facts.pad_id)

    def _enter(self, deadline: float | None, tokens: int, first: bool) -> bool:
        """Take the lock for a batch of so many tokens; False, without it, when it would not end before `deadline`.

        A `first` batch that was thought too slow makes the next one more likely. Waiting in vain tells nothing.
        """
        if deadline is None:
            return self._lock.acquire()
        if not self._lock.acquire(timeout=max(0.0, deadline - self._clock())):
            return False
        if self._clock() + tokens * self._seconds_per_token < deadline:
            return True
        if first:
            self._seconds_per_token *= _FORGETS if self._known >= _FEW else _FORGETS_SOON
        self._lock.release()
        return False

    def _learn(self, seconds: float) -> None:
        mean = self._seconds_per_token or seconds
        self._seconds_per_token = mean + _NEWEST * (seconds - mean)
        self._known += 1


def reranked(found: Sequence[Retrieved], logits: Sequence[float], weight: float) -> list[Retrieved]:
    """`found`, ranked by the fused score and `weight` times the logit of the reranker.

    What was not judged counts as what was judged worst, and so stays behind all that was, in its order: judging goes
    from the best passage down, so that being cut short costs no passage the place that the search gave it among the
    first, and never puts an unknown passage before a known one.

    Args:
        found: best first.
        logits: of the first of them; may be fewer.
        weight: standard deviations of the fused score that a logit counts for.
    """
    if not logits:
        return list(found)
    order = sorted(range(len(logits)), key=lambda at: -logits[at])
    ranks = {at: rank for rank, at in enumerate(order, 1)}
    lowest = min(logits)
    made = [
        replace(
            one,
            score=one.score + weight * (logits[at] if at in ranks else lowest),
            rerank_rank=ranks.get(at),
            rerank_score=logits[at] if at in ranks else None,
        )
        for at, one in enumerate(found)
    ]
    return sorted(made, key=lambda one: -one.score)


def cut_short(judged: int, wanted: int, limit: float) -> tuple[str, ...]:
    """What to say to people about passages that were not judged within `limit` seconds; nothing when all were."""
    if judged >= wanted:
        return ()
    over = f"over its budget of {limit * 1000:g} ms"
    if not judged:
        return (f"The reranker was skipped: {over}.",)
    return (f"The reranker judged {judged} of {wanted} passages: {over}.",)
