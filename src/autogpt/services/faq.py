"""Vetted answers of a workspace, ready to be matched, and what a release is fitted to them.

In: a store, an encoder, a calibrator. Out: a `FaqMatcher`, a `Policy`.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autogpt.answer.faq import FaqMatcher, phrasings, plain
from autogpt.answer.policy import Policy
from autogpt.answer.release import Release
from autogpt.answer.tune_faq import (
    Judged,
    answer_count,
    document_questions,
    drawn,
    enough,
    fit_faq,
    held_out_entries,
    known_questions,
)
from autogpt.metrics.calibrator import Calibrator
from autogpt.models import layout
from autogpt.progress import Sink, silent, track
from autogpt.records import Example, FaqEntry
from autogpt.retrieve.encoder import Encodes
from autogpt.services.faq_vectors import faq_vectors
from autogpt.services.indexing import load_encoder
from autogpt.services.pair_files import trained_pairs
from autogpt.store import Store
from autogpt.store.faq import load_faq, read_revision


def faq_revision(store: Store) -> str:
    """Another word after each change of an entry. One small row is read, however many entries there are."""
    with store.session() as session:
        return read_revision(session)


def build_matcher(store: Store, encoder: Encodes, calibrator: Calibrator | None) -> FaqMatcher | None:
    """The matcher over all present entries, or None without any.

    Args:
        calibrator: what turns similarities under this encoder into probabilities.
    """
    with store.session() as session:
        entries = load_faq(session)
    if not entries:
        return None
    questions, answers = phrasings(entries), [entry.answer for entry in entries]
    vectors = faq_vectors(store, encoder, questions, answers)
    return FaqMatcher(entries, vectors[: len(questions)], vectors[len(questions) :], encoder, calibrator)


def calibrator_of(release: Release) -> Calibrator | None:
    """What was fitted when the release was made; where nothing was, what its encoder brings."""
    return release.policy.faq_calibrator or faq_calibrator(release.encoder)


def with_faq(
    store: Store, encoder: Path, policy: Policy, asked: Sequence[Example], sink: Sink = silent, run: str = ""
) -> Policy:
    """The policy with a calibrator for vetted answers, where the workspace's phrasings and documents call for another
    than the encoder's, and with what was found out in `fitted_on`.

    Args:
        encoder: folder of the encoder.
        asked: what documents are asked; of neither the train nor the test part.
        run: that trained the encoder; empty where none of the workspace did.
    """
    with store.session() as session:
        entries = load_faq(session)
    if not entries:
        return policy
    judged: list[Judged] = []
    new = unseen(store, run, entries)
    if enough(new):
        matcher = build_matcher(store, load_encoder(store.config, encoder), None)
        if matcher is not None:
            # What documents do not answer, a vetted answer may.
            answered = drawn([one for one in asked if one.spans])
            questions = [(one.question, [span.text for span in one.spans]) for one in answered]
            judged += known_questions(matcher, sink, new)
            judged += document_questions(matcher, track(questions, "documents' questions", sink))
    fit = fit_faq(judged, faq_calibrator(encoder), policy.faq_confidence)
    if len(new) < len(entries):
        count = f"{answer_count(new):,} of {answer_count(entries):,} vetted answers count"
        fit = replace(fit, summary=f"{fit.summary}; {count}, the encoder was trained on the others")
    return replace(policy, faq_calibrator=fit.calibrator, fitted_on={**policy.fitted_on, "faq": fit.to_json()})


def unseen(store: Store, run: str, entries: Sequence[FaqEntry]) -> list[FaqEntry]:
    """The entries with answers that an encoder was not trained on: all, where no run of the workspace trained it.

    The pairs of the run tell, since entries come and change. Where they are gone, only those are taken that every
    training leaves out.

    Args:
        run: that trained the encoder, or empty.
    """
    pairs = trained_pairs(store, run)
    if pairs is None:
        return held_out_entries(entries)
    questions, texts = {plain(one.question) for one in pairs}, {one.positive for one in pairs}
    seen = {
        plain(entry.answer)
        for entry in entries
        if entry.answer in texts or not questions.isdisjoint(map(plain, entry.questions))
    }
    return [entry for entry in entries if plain(entry.answer) not in seen]


def faq_calibrator(folder: Path) -> Calibrator | None:
    """What the encoder in `folder` brings; None where it was never fitted."""
    path = folder / layout.FAQ
    return Calibrator.load(path) if path.is_file() else None
