"""Fits to a workspace how likely a vetted answer is the right one.

In: a matcher over its entries, questions about its documents, and the calibrator of the encoder. Out: a `FaqFit`: a
calibrator where one does better than the encoder's, and figures from questions that it was not fitted on. Never to be
given the questions that are reported. Knows nothing about models or storage.

Asked is each phrasing of an entry with several, as though nobody had written it down: its entry is the right one. Each
phrasing is asked as though its answer were not there, and no entry is right; nor is one for what documents answer. An
encoder must not have been trained on what is asked: it drew those phrasings together, as it will not draw others.
"""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from autogpt.answer.faq import FEATURES, FaqMatch, FaqMatcher, plain
from autogpt.metrics.answers import f1, holds
from autogpt.metrics.calibration import expected_calibration_error
from autogpt.metrics.calibrator import Calibrator
from autogpt.progress import Sink, silent, track
from autogpt.records import FaqEntry

#: Fewest questions with a right entry among the nearest, and fewest without, on which a calibrator is fitted.
FEWEST = 20
#: Most phrasings, and most questions about documents, that are asked.
MOST = 1_000
#: Entries of a question that are learnt from: the nearest and those behind it, as for the encoder's calibrator.
LEARNT = 3
#: How strongly the encoder's calibrator holds on, in questions.
PULL = 8.0
FOLDS = 5
#: Of so many answers one is left out of a retriever's training.
PART = 5

Floats = NDArray[np.float64]
T = TypeVar("T")
#: Probability of the likeliest entry, and whether it is right.
Said = tuple[float, bool]


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and the entries near it.

    Attributes:
        kind: "phrasing" (one that is known, and its entry is right), "gone" (its entry is taken away) or "document".
        group: questions of one group are never fitted on to judge another of it.
        matches: the nearest first.
        right: for each of them whether it gives the right answer.
    """

    kind: str
    group: str
    matches: tuple[FaqMatch, ...]
    right: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class FaqFigures:
    """How well probabilities fit: their calibration error, and of the questions those answered and those rightly."""

    calibration_error: float
    answered: int
    right: int


@dataclass(frozen=True, slots=True)
class FaqFit:
    """What a workspace says about its vetted answers.

    Attributes:
        calibrator: over `answer.faq.FEATURES`; None: the encoder's own stays.
        phrasings, documents: questions asked, those with an entry that answers and those about documents.
        summary: what was found out, in words.
        before, after: figures with the encoder's own calibrator, and with fitted ones by cross-validation; None where
            nothing was fitted.
    """

    calibrator: Calibrator | None
    phrasings: int
    documents: int
    summary: str
    before: FaqFigures | None = None
    after: FaqFigures | None = None

    def to_json(self) -> dict[str, Any]:
        """All but the calibrator."""
        raw = asdict(self)
        raw["fitted"] = raw.pop("calibrator") is not None
        return raw


def enough(entries: Sequence[FaqEntry]) -> bool:
    """Whether there are as many phrasings of answers with several as it takes to fit anything."""
    counts = Counter(plain(entry.answer) for entry in entries for _ in entry.questions)
    return sum(count for count in counts.values() if count > 1) >= FEWEST


def held_out_entries(entries: Sequence[FaqEntry]) -> list[FaqEntry]:
    """The entries that a retriever is not to be trained on, so that a release has phrasings that are as new to it as
    those to come: about a fifth of the answers. None where those phrasings would be too few to fit anything, or where
    few answers, by chance, left out more than half of the entries.

    The text of an answer alone decides: entries with the same answer stay together, and each training leaves out the
    same.
    """
    held = [one for one in entries if int(sha256(plain(one.answer).encode()).hexdigest(), 16) % PART == 0]
    return held if enough(held) and 2 * len(held) <= len(entries) else []


def answer_count(entries: Sequence[FaqEntry]) -> int:
    """Different answers of these entries."""
    return len({plain(one.answer) for one in entries})


def drawn(items: Sequence[T]) -> list[T]:
    """`MOST` of them by chance, in their order; all where there are fewer."""
    if len(items) <= MOST:
        return list(items)
    return [items[at] for at in sorted(random.Random(0).sample(range(len(items)), MOST))]  # noqa: S311


def known_questions(
    matcher: FaqMatcher, sink: Sink = silent, asked: Collection[FaqEntry] | None = None
) -> Iterator[Judged]:
    """What is to be asked of phrasings. Those that say the same as another, letter by letter, tell nothing.

    Args:
        asked: the entries whose phrasings are asked, of all that the matcher knows; None asks all.
    """
    chosen = {entry.id for entry in (matcher.entries if asked is None else asked)}
    said = [plain(phrasing) for phrasing in matcher.phrasings]
    times = Counter(said)
    owners = [matcher.entries[owner].id for owner in matcher.owners]
    places = drawn([at for at, text in enumerate(said) if times[text] == 1 and owners[at] in chosen])
    answers = dict(zip((entry.id for entry in matcher.entries), matcher.answers.tolist(), strict=True))
    several = Counter(matcher.answers[matcher.owners].tolist())
    for at in track(places, "phrasings", sink):
        answer = int(matcher.answers[matcher.owners[at]])
        for kind, gone in (("phrasing", False), ("gone", True)):
            matches = () if several[answer] == 1 and not gone else tuple(matcher.judge_known(at, gone))
            if matches:
                yield Judged(kind, str(answer), matches, tuple(answers[one.entry.id] == answer for one in matches))


def document_questions(matcher: FaqMatcher, asked: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Judged]:
    """What documents are asked, without the questions that a vetted answer may answer as well: it holds a gold answer,
    or its phrasing is the question.

    Args:
        asked: questions with their gold answers; none where they are not known.
    """
    known = {plain(phrasing) for phrasing in matcher.phrasings}
    for question, golds in asked:
        matches = () if plain(question) in known else tuple(matcher.judge(question, None))
        if matches and not (golds and any(_says(one.entry.answer, golds) for one in matches)):
            yield Judged("document", question, matches, (False,) * len(matches))


def _says(answer: str, golds: Sequence[str]) -> bool:
    return holds(answer, golds) or f1(answer, golds) >= 0.5


def fit_faq(judged: Sequence[Judged], own: Calibrator | None, confidence: float) -> FaqFit:
    """A calibrator for these questions, pulled towards the encoder's `own`.

    Towards what that says of the same cosines; or of cosines as many standard deviations from their mean, since those
    of a fine-tuned encoder lie elsewhere, where the log loss on questions that it was not fitted on is lower by more
    than one standard error. It is taken only if that is lower than with `own`.

    Args:
        confidence: lowest probability that is answered, for the figures.
    """
    counts = Counter(one.kind for one in judged)
    asked = counts["phrasing"], counts["document"]
    if own is None or any(own.knots):
        return FaqFit(None, *asked, "not fitted, the encoder brings no calibrator that one could start from")
    near, without = sum(any(one.right[:LEARNT]) for one in judged), len(judged) - counts["phrasing"]
    if min(near, without) < FEWEST:
        found = f"{near:,} phrasings are near another of their entry, {without:,} questions have no entry"
        return FaqFit(None, *asked, f"not fitted: {found}, and {FEWEST} of each are needed")
    weights = _weights(judged)
    before = [_best(one, own) for one in judged]
    starts = (own, _moved(own, judged, weights))
    tried = [_cross_validated(judged, weights, start) for start in starts]
    best = int(_gain(tried[0], tried[1], weights, beyond=1.0) > 0)
    helps = _gain(before, tried[best], weights) > 0
    made = _fit(judged, weights, starts[best]) if helps else None
    figures = _figures(before, confidence), _figures(tried[best], confidence)
    return FaqFit(made, *asked, _summary(asked, helps, *figures), *figures)


def _summary(asked: tuple[int, int], helps: bool, before: FaqFigures, after: FaqFigures) -> str:
    on = f"{asked[0]:,} phrasings and {asked[1]:,} questions about documents"
    was = f"{before.calibration_error:.3f}, {before.right:,} of {before.answered:,} answered rightly"
    now = f"{after.calibration_error:.3f}, {after.right:,} of {after.answered:,} answered rightly"
    if helps:
        return f"fitted on {on}; calibration error {now} (before: {was})"
    return f"not fitted, which gained nothing on {on}; calibration error {was}"


def _weights(judged: Sequence[Judged]) -> Floats:
    """float[N]: questions of each kind count together at most as much as those with a right entry, so that many
    documents do not make every vetted answer unlikely."""
    counts = Counter(one.kind for one in judged)
    return np.array([min(1.0, counts["phrasing"] / counts[one.kind]) for one in judged])


def _rows(judged: Sequence[Judged], weights: Floats) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """What is learnt from: float[N, F] features, whether each is right, and how much it counts."""
    rows = [
        ([match.features[name] for name in FEATURES], right, weight)
        for one, weight in zip(judged, weights, strict=True)
        for match, right in list(zip(one.matches, one.right, strict=True))[:LEARNT]
    ]
    table, right, counts = zip(*rows, strict=True)
    return np.array(table), np.array(right), np.array(counts)


def _moved(own: Calibrator, judged: Sequence[Judged], weights: Floats) -> Calibrator:
    """The same for features with the mean and spread that they have here."""
    table, _, counts = _rows(judged, weights)
    means = np.average(table, axis=0, weights=counts)
    scales = np.sqrt(np.average((table - means) ** 2, axis=0, weights=counts))
    scales = np.where(scales > 1e-9, scales, own.scales)
    return replace(own, means=tuple(means.tolist()), scales=tuple(scales.tolist()))


def _fit(judged: Sequence[Judged], weights: Floats, start: Calibrator) -> Calibrator:
    table, right, counts = _rows(judged, weights)
    if not right.any():
        return start
    pull = PULL * len(right) / weights.sum()  # the rows of a question tell little more than one
    return Calibrator.fit(table, right, FEATURES, sample_weight=counts, pieces=1, l2=pull, start=start)


def _cross_validated(judged: Sequence[Judged], weights: Floats, start: Calibrator) -> list[Said]:
    """Of each question the best entry, by a calibrator that was fitted on other questions."""
    groups = list(dict.fromkeys(one.group for one in judged))
    random.Random(0).shuffle(groups)  # noqa: S311
    fold_of = {group: at % FOLDS for at, group in enumerate(groups)}
    folds = np.array([fold_of[one.group] for one in judged])
    found: dict[int, Said] = {}
    for fold in range(FOLDS):
        made = _fit([judged[at] for at in np.flatnonzero(folds != fold).tolist()], weights[folds != fold], start)
        found |= {at: _best(judged[at], made) for at in np.flatnonzero(folds == fold).tolist()}
    return [found[at] for at in range(len(judged))]


def _best(one: Judged, calibrator: Calibrator) -> Said:
    rows = [[match.features[name] for name in FEATURES] for match in one.matches]
    probability = calibrator.probability(rows)
    at = int(probability.argmax())
    return float(probability[at]), one.right[at]


def _gain(before: Sequence[Said], after: Sequence[Said], weights: Floats, beyond: float = 0.0) -> float:
    """By how much the log loss is lower, less so many standard errors of that."""
    gain = weights * (_losses(before) - _losses(after))
    return float(gain.mean() - beyond * gain.std() / np.sqrt(len(gain)))


def _losses(said: Sequence[Said]) -> Floats:
    """Log loss of each."""
    probability, right = (np.array(column, dtype=np.float64) for column in zip(*said, strict=True))
    return np.asarray(-np.log(np.clip(np.where(right == 1, probability, 1 - probability), 1e-6, None)))


def _figures(said: Sequence[Said], confidence: float) -> FaqFigures:
    probability, right = (np.array(column, dtype=np.float64) for column in zip(*said, strict=True))
    sure = probability >= confidence
    return FaqFigures(expected_calibration_error(probability, right), int(sure.sum()), int(right[sure].sum()))
