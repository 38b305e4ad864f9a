"""Chooses which questions to label next: of a file, or of those that wait for review.

In: a store and perhaps a file. Out: questions in order, each with a score and the reasons. Nothing is changed. Loads no
PyTorch where models were exported. Knows nothing about how they are shown.
"""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autogpt.annotate.choosing import UNCERTAINTIES, Choice, choose, undecided
from autogpt.annotate.classifier_data import load_unlabelled
from autogpt.annotate.formats.files import open_replacing
from autogpt.classify.card import Classified
from autogpt.errors import DataError, NotFoundError, UsageError, unknown_name
from autogpt.progress import Progress, Sink, silent
from autogpt.records import Status
from autogpt.services.bundles import current_encoder
from autogpt.services.evaluating_classifier import open_classifier, run_or_folder
from autogpt.services.examples.listing import load_examples
from autogpt.services.indexing import load_encoder
from autogpt.services.reviewing import open_questions
from autogpt.store import Store

#: Asks for no classifier.
NONE = "none"
#: Above these a reason is worth a word.
_STRANGE, _COMMON = 0.5, 0.6
#: Texts in a call of a model.
_STEP = 512


@dataclass(frozen=True, slots=True)
class Chosen:
    """A question to label.

    Attributes:
        suggested: label that the classifier would give; empty without one.
        probability: of it.
        times: how often it was asked.
        reasons: in words.
    """

    text: str
    score: float
    uncertainty: float
    density: float
    novelty: float
    times: int
    suggested: str
    probability: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChoiceReport:
    """What was chosen.

    Attributes:
        texts: that could be chosen from: different ones that are not labelled.
        known: labelled questions that they were compared with.
        uncertainty: what told it: "classifier run …", "confidence of answers", or "nothing".
    """

    chosen: tuple[Chosen, ...]
    texts: int
    known: int
    uncertainty: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Questions without labels: how often each was asked, and how sure the answer was where it was answered."""

    times: Mapping[str, int]
    confidence: Mapping[str, float]


def choose_next(
    store: Store,
    source: Path | None = None,
    *,
    count: int = 20,
    model: str = "",
    by: str = "margin",
    sink: Sink = silent,
) -> ChoiceReport:
    """The questions to label next, best first.

    Args:
        source: file with a text a line, or of labelled rows (CSV, JSON lines) of which those without a label count;
            None takes the open questions of the review queue, which come with the confidence of their answers.
        model: a classifier that tells the uncertainty: id of a run, or a folder; empty takes the newest run where there
            is one, `none` none. Without one, answers' confidence tells it, else nothing does.
        by: name of an entry of `annotate.choosing.UNCERTAINTIES`.

    Raises:
        DataError: there is nothing to choose from.
        NotFoundError: there is no such file or classifier.
        UsageError: there is no such way of telling uncertainty.
    """
    if by not in UNCERTAINTIES:
        raise unknown_name("uncertainty", by, UNCERTAINTIES)
    labelled = [one.question for one in load_examples(store, Status.ACCEPTED)]
    waiting = Waiting(Counter(load_unlabelled(source)), {}) if source is not None else _of_queue(store)
    said = {_same(text) for text in labelled}
    texts = [text for text in waiting.times if _same(text) not in said]
    if not texts:
        what = f"{source} holds no text" if source is not None else "No question waits for review"
        raise DataError(f"{what} that is not labelled yet.", "Name a file of questions: autogpt examples choose FILE")
    found, told = _classified(store, texts, model, sink)
    if found:
        doubts: NDArray[np.float64] | None = _uncertainty(found, by)
    elif waiting.confidence:
        doubts, told = np.array([1 - waiting.confidence[text] for text in texts]), "confidence of answers"
    else:
        doubts = None
    encoder = load_encoder(store.config, current_encoder(store))
    sink(Progress("vectors", 0, len(texts)))
    vectors, known = (encoder.encode(some, "query") for some in (texts, labelled))
    sink(Progress("vectors", len(texts), len(texts)))
    times = [waiting.times[text] for text in texts]
    chosen = choose(count, vectors, doubts, known if labelled else None, times)
    made = tuple(
        _chosen(texts[one.at], one, times[one.at], found[one.at] if found else None, doubts is not None)
        for one in chosen
    )
    return ChoiceReport(made, len(texts), len(labelled), told or "nothing")


def write_chosen(report: ChoiceReport, path: Path) -> None:
    """Write the questions with an empty label each: CSV, or JSON lines for any other ending. Filled in, the file can be
    imported. Raises DataError when it cannot be written.
    """
    rows = [{"text": one.text, "label": "", **_told(one)} for one in report.chosen]
    try:
        with open_replacing(path) as stream:
            if path.name.removesuffix(".gz").endswith(".csv"):
                table = csv.DictWriter(stream, ["text", "label", "suggested", "probability", "score", "reasons"])
                table.writeheader()
                table.writerows(rows)
            else:
                stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.", "Name another file.") from None


def _told(one: Chosen) -> dict[str, Any]:
    told = asdict(one)
    reasons = "; ".join(one.reasons)
    kept = {name: told[name] for name in ("suggested", "probability", "score")}
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in kept.items()} | {
        "reasons": reasons
    }


def _of_queue(store: Store) -> Waiting:
    questions = open_questions(store, None)
    return Waiting({one.text: one.times for one in questions}, {one.text: 1 - one.doubt for one in questions})


def _classified(store: Store, texts: Sequence[str], model: str, sink: Sink) -> tuple[list[Classified], str]:
    """What a classifier says of the texts, and its name; nothing where none is asked for, or there is none to ask."""
    if model == NONE:
        return [], ""
    try:
        run, folder = run_or_folder(store, model)
    except NotFoundError:
        if model:
            raise
        return [], ""
    found: list[Classified] = []
    with open_classifier(folder) as classifier:
        if classifier.card.kind == "similarity":
            raise UsageError(
                "A classifier of pairs says nothing of single questions.", "Name another with --model, or none."
            )
        for at in range(0, len(texts), _STEP):
            found += classifier.classify(texts[at : at + _STEP])
            sink(Progress("classify", len(found), len(texts)))
    return found, f"classifier {f'run {run}' if run else folder}"


def _uncertainty(found: Sequence[Classified], by: str) -> NDArray[np.float64]:
    """What is likely out of scope is uncertain by that, too: no label of the classifier's is right for it."""
    likely = np.array([list(one.probabilities.values()) for one in found])
    exclusive = np.allclose(likely.sum(axis=1), 1, atol=1e-3)
    doubts = UNCERTAINTIES[by](likely) if exclusive else undecided(likely)
    strange = np.array([one.out_of_scope or 0.0 for one in found])
    return np.asarray(np.maximum(doubts, 1 - np.abs(2 * strange - 1)))


def _chosen(text: str, choice: Choice, times: int, found: Classified | None, is_told: bool) -> Chosen:
    reasons = []
    ranked = sorted(found.probabilities.items(), key=lambda one: -one[1]) if found else []
    if len(ranked) > 1:
        (first, sure), (second, less) = ranked[:2]
        reasons.append(f"{first} {sure:.0%} or {second} {less:.0%}")
    elif is_told:
        reasons.append(f"its answer was {1 - choice.uncertainty:.0%} sure")
    if found is not None and found.strange:
        reasons.append("perhaps out of scope")
    if choice.novelty >= _STRANGE:
        reasons.append("unlike what is labelled")
    if choice.density >= _COMMON:
        reasons.append("many are like it")
    if times > 1:
        reasons.append(f"asked {times:,} times")
    return Chosen(
        text=text,
        score=choice.score,
        uncertainty=choice.uncertainty,
        density=choice.density,
        novelty=choice.novelty,
        times=times,
        suggested=ranked[0][0] if ranked else "",
        probability=ranked[0][1] if ranked else 0.0,
        reasons=tuple(reasons),
    )


def _same(text: str) -> str:
    return " ".join(text.casefold().split())
