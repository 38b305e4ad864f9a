"""Trainings, evaluations and releases as they lie in a workspace, without anything being trained or measured."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from autogpt.answer.policy import Policy
from autogpt.answer.release import write_release
from autogpt.config import Config
from autogpt.evaluate.workspace import evaluate_workspace
from autogpt.evaluate.workspace_report import WorkspaceReport
from autogpt.models.costs import Costs
from autogpt.progress import Sink
from autogpt.records import Answer, AnswerKind, Example, Split, Status, Task
from autogpt.services import evaluations
from autogpt.services.evaluations import About
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store
from autogpt.store.store import new_id
from autogpt.store.tables import ExampleRow, PromotionRow, ReleaseRow, RunRow


def add_run(store: Store, state: str = "done", kind: str = "reader", *, steps: int = 30, **settings: Any) -> str:
    """A training whose loss falls and whose F1 rises after each third of its steps. Returns its id."""
    run_id = new_id()
    folder = store.runs / run_id
    (folder / "model").mkdir(parents=True)
    lines: list[dict[str, float]] = []
    for step in range(1, steps + 1):
        lines.append({"step": step, "loss": 3 / step, "epoch": 3 * step / steps})
        if step % max(1, steps // 3) == 0:
            lines.append({"step": step, "eval_f1": 40 + step, "epoch": 3 * step / steps})
    (folder / "history.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    (folder / "config.json").write_text(json.dumps(store.config.model_dump(mode="json")))
    told = {**Config().train.reader.model_dump(mode="json"), "base": "pack", **settings}
    metrics = {"f1": 40.0 + steps, "exact_match": 35.0} if state == "done" else {}
    if state == "done":
        Costs(seconds=240.0, peak_bytes=1_500_000_000, parameters=22_000_000, trainable=220_000).save(folder)
    with store.session() as session:
        session.add(RunRow(id=run_id, kind=kind, state=state, settings=told, metrics=metrics, data_hash=run_id))
    return run_id


def add_questions(
    store: Store, place: tuple[str, str], text: str, questions: dict[str, str], split: str = "validation"
) -> list[str]:
    """Accepted examples of one document: question → answer, which stands in its text; empty: there is none."""
    ids = []
    with store.session() as session:
        for question, answer in questions.items():
            spans = [{"text": answer, "start": text.index(answer)}] if answer else []
            row = ExampleRow(
                id=new_id(),
                question=question,
                task="extractive",
                answerable=bool(answer),
                document_id=place[0],
                version_id=place[1],
                spans=spans,
                split=split,
            )
            session.add(row)
            ids.append(row.id)
    return ids


def add_many(store: Store, place: tuple[str, str], text: str, count: int) -> list[str]:
    """So many questions of the validation part, each answered by a long word of the text."""
    words = [one for one in text.split() if len(one) > 5]
    asked = {f"What is it {at}?": words[at % len(words)] for at in range(count)}
    return add_questions(store, place, text, asked)


class Says:
    """Answers what it is told to: question → (span of the text, confidence, whether it is given, whether the passage
    with the answer was found).
    """

    def __init__(self, place: tuple[str, str], text: str, said: dict[str, tuple[str, float, bool, bool]]) -> None:
        self._place, self._text, self._said = place, text, said

    def ask(self, question: str, labels: frozenset[str] | None = frozenset()) -> Answer:
        span, confidence, given, found = self._said[question]
        start = self._text.index(span)
        passage = {"version_id": self._place[1], "start": 0, "end": len(self._text) if found else 1}
        return Answer(
            text=span if given else "I don't know.",
            kind=AnswerKind.SPAN if given else AnswerKind.ABSTAIN,
            confidence=confidence,
            explanation={
                "passages": [passage],
                "candidates": [{"text": span, "version_id": self._place[1], "start": start, "end": start + len(span)}],
            },
            timings={"total": 12.0, "read": 10.0},
            question=question,
        )


def measured(store: Store, answers: Says, part: str = "validation", release: str = "r7") -> WorkspaceReport:
    """What asking every example of a part found."""
    examples = [one for one in load_examples(store, Status.ACCEPTED, split=Split(part)) if one.task is Task.EXTRACTIVE]
    return evaluate_workspace(answers, examples, labels=None, release=release, part=part)


def keep(store: Store, report: WorkspaceReport, at: str = "2026-11-29T12:00:00+00:00", person: str = "Anna") -> str:
    """An evaluation as a job keeps it. Returns its id."""
    id = new_id()
    about = About(id, report.release, report.part, "", 0.4, dict(report.metrics), person, at)
    folder = store.folder / evaluations.FOLDER / id
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps(report.to_json()))
    (folder / "about.json").write_text(json.dumps(asdict(about)))
    return id


def gold_bytes() -> bytes:
    """A small file of questions, as JSON lines."""
    line = {
        "title": "Fees",
        "context": "The Gold card costs 45 euro a year.",
        "qas": [
            {"id": "g1", "question": "What does it cost?", "answers": [{"text": "45 euro", "answer_start": 20}]},
            {"id": "g2", "question": "Who is the mayor?", "answers": [], "is_impossible": True},
        ],
    }
    return json.dumps(line).encode() + b"\n"


def add_release(
    store: Store,
    version: str,
    *,
    run: str = "",
    reranker: str = "",
    classifier: Mapping[str, str] | None = None,
    summary: str = "F1 within 0.3",
    promoted: bool = False,
) -> None:
    """A release whose models are empty folders; `classifier` is what its manifest says of one."""
    folders = {}
    for name in ("reader", "encoder"):
        folders[name] = store.folder / f"{version}-{name}"
        folders[name].mkdir()
        (folders[name] / "model.bin").write_bytes(name.encode())
    details = {
        "run": run or f"run of {version}",
        "compression": {"precision": "int8", "summary": summary},
        "encoder": {"name": "en"},
        "reranker": {"name": reranker} if reranker else None,
        "classifier": classifier,
        "validation": {"questions": 40},
    }
    store.releases.mkdir(exist_ok=True)
    checksum = write_release(store.releases / version, **folders, policy=Policy(), details=details)
    with store.session() as session:
        session.add(ReleaseRow(version=version, manifest_checksum=checksum, metrics={"threshold": 0.41}))
        session.flush()
        if promoted:
            session.add(PromotionRow(version=version, action="promote", verdict="better"))


class Measures:
    """Stands for `release_gate.measured`: a release answers the first so many questions rightly, and withholds the
    answer to the others.

    Args:
        right: release → how many.
    """

    def __init__(self, place: tuple[str, str], text: str, right: Mapping[str, int]) -> None:
        self._place, self._text, self._right = place, text, right

    def __call__(self, store: Store, version: str, gold: Sequence[Example], sink: Sink) -> WorkspaceReport:
        told = {one.question: (one.spans[0].text, 0.9, at < self._right[version], True) for at, one in enumerate(gold)}
        return evaluate_workspace(
            Says(self._place, self._text, told), gold, labels=None, release=version, part="validation", sink=sink
        )
