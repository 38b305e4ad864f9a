"""A workspace in which every page has something to show, and the addresses of its pages."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from answers import CHINESE, HOSTILE, QUESTIONS, TEXT, FakeAnswerer, add_document, add_example, workspace
from autogpt.progress import Progress, silent
from autogpt.records import AnswerSpan
from autogpt.services import documents, gold_sets, jobs, people, reviewing, settings, working_examples
from autogpt.services.annotating import assigning, guidelines
from autogpt.services.annotating.work import Annotator, save
from autogpt.services.evaluations import list_evaluations
from autogpt.services.examples import Written, import_examples, incoming, list_examples
from autogpt.services.ingesting import ingest
from autogpt.services.people import Role
from autogpt.services.releasing import list_releases
from autogpt.services.sign_in import sign_in
from autogpt.services.trainings import list_trainings
from autogpt.store import Store
from autogpt.store.tables import DocumentVersionRow, JobRow, RunRow
from autogpt.web.auth import COOKIE
from autogpt.web.paths import is_page
from measured import Says, add_questions, add_release, add_run, keep, measured
from pdf_files import pdf_of

PASSWORD = "correct horse battery"
PARITY = "int8 answers worse; 50% of the size; 1.9 times as fast as PyTorch; F1 +0.00 (at least -0.31) on 500 questions"
#: Pages that are drawn by somebody else's code, and addresses that lead elsewhere, or to a file.
NOT_OURS = {"/docs"}
LEADS_ON = {"/favicon.ico", "/datasets/export"}


@dataclass(frozen=True)
class Words:
    """What the people of a workspace wrote.

    Attributes:
        bank: what the workspace is called.
        said: stands wherever somebody may write something.
        text: a document that the questions are about.
        questions: question → (answer, confidence); the first is asked of `text`.
        people: an admin and two annotators.
    """

    bank: str
    said: str
    text: str
    questions: Mapping[str, tuple[str, float]]
    pages: tuple[tuple[str, ...], ...]
    title: str
    people: tuple[str, str, str]


MARKUP = Words(
    "Test <script>alert(1)</script> bank",
    HOSTILE,
    TEXT,
    QUESTIONS,
    (("Terms of the cards.",), ("A fee of 45 euro a year is charged.",)),
    "Fees of the cards",
    ("Anna", "bo", "王芳"),
)
#: Nothing of it is English, so that what is English on a page is the page's own.
CHINESE_WORDS = Words(
    "测试银行",
    "客户留言：年费太高",
    CHINESE * 4,
    {"金卡的年费是多少？": ("四十五欧元", 0.93), "谁可以免费？": ("二十六岁以下的学生", 0.62)},
    (("45 + 12 = 57 %; 2026: 45 %",), ("46 + 2 = 48 %",)),
    "卡片费用",
    ("王芳", "李雷", "韩梅梅"),
)


@dataclass(frozen=True)
class Filled:
    """The workspace, what was written in it, what answers in it, and the cookie of its admin."""

    store: Store
    words: Words
    answerer: FakeAnswerer
    cookie: Mapping[str, str]


def fill(folder: Path, words: Words) -> Filled:
    """Bring something of everything into a new workspace in `folder`."""
    said, admin = words.said, words.people[0]
    terms, locked = folder / f"{words.title} 2.pdf", folder / f"{words.title} <b>.pdf"
    terms.write_bytes(pdf_of(words.pages))
    locked.write_bytes(pdf_of(words.pages, password="secret"))
    store = workspace(folder, f'[workspace]\nname = "{words.bank}"\n')
    ingest(store, [terms, locked], sync=lambda store, sink: 0, by=said[:60])
    _, version = add_document(store, f"{said}.html", f"{said}\n\u202e😀 {'一' * 20_000}\n{words.text}", said)
    with store.session() as session:
        session.get_one(DocumentVersionRow, version).details = {"warnings": ["2 of 3 pages are damaged and left out"]}
    place = add_document(store, "fees.txt", words.text, words.title)
    _annotated(store, words, place)
    _examples(store, words, folder)
    _measured(store, words)
    runs = _trained(store, said)
    _released(store, runs)
    _worked(store, words, runs, locked)
    answerer = FakeAnswerer(store, place, words.text, dict(words.questions), title=words.title, headings=(words.title,))
    _asked(store, words, answerer)
    person = next(one for one in people.list_people(store) if one.name == admin)
    return Filled(store, words, answerer, {COOKIE: sign_in(store, person)})


def _annotated(store: Store, words: Words, place: tuple[str, str]) -> None:
    """A document of two annotators who agree on one question and not on another, and guidelines."""
    admin, *annotators = words.people
    people.add_person(store, admin, PASSWORD, Role.ADMIN, by=admin)
    for name in annotators:
        people.add_person(store, name, PASSWORD, Role.ANNOTATOR, by=admin)
    assigning.assign(store, place[0], annotators, by=admin)
    (question, (quote, _)), (other, _) = words.questions.items()
    for at, name in enumerate(annotators):
        answer = quote[: len(quote) - at]
        save(store, place[0], Written(question, (AnswerSpan(answer, words.text.index(answer)),)), Annotator(name))
        save(store, place[0], Written(other), Annotator(name))
    guidelines.write_guidelines(store, f"# {words.said}", 0, admin)


def _examples(store: Store, words: Words, folder: Path) -> None:
    """Labelled questions with doubtful labels, an upload with a bad row, a glossary, a gold set."""
    said, admin = words.said, words.people[0]
    listed, _ = documents.list_documents(store)
    add_example(store, f"{said} {next(iter(words.questions))}"[:89], listed[0].id)
    rows = [{"text": f"{at}{said[:4]}？", "label": f"{said[:1] * 60} {at % 3}"} for at in range(9)]
    (folder / "labels.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    import_examples(store, folder / "labels.jsonl", by=said[:60])
    _, place = incoming.new_place(store)
    (place / f"{said[:1] * 60}.csv").write_text(f'question,answer\n"{said}{"一" * 900}",\n"{said}?","一一"\n')
    incoming.look_at(store, incoming.find_incoming(store, place.name), incoming.Options())
    settings.change_glossary(store, f"{'一' * 99} = 二\n# {said}", said[:60], settings.kept_glossary(store).version)
    asked = json.dumps({"id": "1", "question": said, "context": said, "answers": [said]}).encode()
    name = f"{said.replace('/', '')[:60]}{'一' * 30}.jsonl"
    gold_sets.add_gold_set(store, name, lambda count: asked[:count], 1_000, admin)


def _measured(store: Store, words: Words) -> None:
    """Two evaluations of questions about one document, the second better than the first."""
    said = words.said
    text = f"{said} 45 {words.title}"
    place = add_document(store, "measured.txt", text, said)
    add_questions(store, place, text, {f"{said}?": "45", f"45 {said}?": f"45 {words.title}"})
    for release, given in (("r1", said), ("r2", "45")):
        answers = {f"{said}?": (given, 0.7, True, True), f"45 {said}?": (said, 0.6, release == "r2", False)}
        keep(store, measured(store, Says(place, text, answers), release=release), person=words.people[0])


def _trained(store: Store, said: str) -> list[str]:
    """Trainings that ended well, badly, and too early. Returns the ids of those that can be compared."""
    runs = [add_run(store), add_run(store, method="lora"), add_run(store, kind="retriever")]
    failed = add_run(store, "failed", base=said, method=said)
    add_run(store, "stopped", kind="classifier")
    with store.session() as session:
        reason = (
            "The training has diverged: its loss is nan at step 7. Lower train.reader.learning_rate, for example to "
        )
        reason += "1e-05, and train anew."
        session.get_one(RunRow, failed).reason = reason
        session.get_one(RunRow, runs[2]).metrics = {"ndcg_at_10": 61.0, "before_ndcg_at_10": 50.0, "recall_at_1": 40.0}
    return runs[:2]


def _released(store: Store, runs: list[str]) -> None:
    """Three releases, of which the second answers."""
    for version, run in zip(("r1", "r2", "r3"), (*runs, runs[0]), strict=True):
        add_release(store, version, run=run, summary=PARITY, promoted=version != "r3")


def _worked(store: Store, words: Words, runs: list[str], locked: Path) -> None:
    """Jobs of every kind and state, with what they say."""
    said, admin = words.said, words.people[0]
    gate = "F1 60.0 before and 55.0 after on 40 questions; the difference is above -8.1 with 95% confidence."
    refused = (
        f"Release 'r3' was not promoted: worse against 'r2'. {gate} The verdict is kept with the release. "
        "It can be promoted by force all the same; the audit trail will say so."
    )
    _job(store, "promote", {"version": "r3", "force": False}, admin, failed=refused)
    _job(store, "release", {"source": runs[0]}, admin, done={"version": "r3", "summary": PARITY})
    trained = f"run {runs[0]}: trained on 40 questions; on 9 validation questions F1 71.2, exact match 60.0"
    figures = {"f1": 71.2, "exact_match": 60.0, "before_f1": 55.0}
    payload = {"what": "reader", "settings": {}, "run": runs[0]}
    _job(store, "train", payload, admin, done={"run": runs[0], "summary": trained, "metrics": figures})
    _job(store, "import", {"name": said}, admin, done={"summary": "labels.jsonl: 3 added, 1 refused"})
    _job(store, "index", {}, admin, done={"summary": "120 passages are in the index"})
    _job(store, "check", {}, admin, done=working_examples.check(store, {}, silent))
    doubt = {"id": "1", "question": said, "stored": said, "said": "", "kind": "unanswered", "confidence": 0.9}
    found = {"doubts": [doubt], "count": 1, "read": 9, "by": [], "summary": "1 of 9 examples are contradicted"}
    _job(store, "suspects", {}, admin, done=found)
    _job(store, "compare", {"runs": runs}, admin, done={"comparison": _compared(runs)})
    _job(store, "evaluate", {"part": "validation"}, admin, failed="The job was cancelled.")
    waits = "The server was stopped; the job goes on when it starts again."
    jobs.enqueue(store, "train", {"what": "reader", "settings": {}}, admin)
    waiting = jobs.enqueue(store, "reparse", {}, admin)
    with store.session() as session:
        session.get_one(JobRow, waiting.id).reason = waits
    live = jobs.enqueue(store, "train", {"what": "reader", "settings": {}}, admin)
    jobs.note(store, live.id, run=add_run(store, "running"))
    _runs(store, live.id)
    metrics = {"loss": 1.25, "tokens_per_second": 900.0, "seconds_left": 60.0}
    jobs.heartbeat(store, live.id, Progress("train", 10, 40, metrics, "going on from step 40"))
    _job(store, "ingest", {"sources": [str(locked), said]}, said[:60], failed=f"{said} {'一' * 2_000}", log=said)


def _job(
    store: Store,
    kind: str,
    payload: Mapping[str, Any],
    person: str,
    *,
    done: Mapping[str, Any] | None = None,
    failed: str = "",
    log: str = "",
) -> None:
    job = jobs.enqueue(store, kind, payload, person)
    _runs(store, job.id)
    if log:
        jobs.log_file(store, job.id).write_text(f"{log}\n" * 3)
    if done is None:
        jobs.fail(store, job.id, failed)
    else:
        jobs.finish(store, job.id, done)


def _runs(store: Store, job_id: str) -> None:
    with store.session() as session:
        row = session.get_one(JobRow, job_id)
        row.state, row.started_at = "running", row.created_at


def _compared(runs: list[str]) -> dict[str, Any]:
    line = {
        **{"name": runs[0], "method": "full", "score": 71.0, "lower": 65.0, "upper": 77.0, "verdict": "first"},
        **{"difference": None, "difference_lower": None, "difference_upper": None, "p_value": None},
        **{"measures": {}, "costs": None, "size_bytes": 46_000_000, "latency_ms": 12.3},
    }
    better = {**line, "name": runs[1], "method": "lora", "difference": 2.0, "difference_lower": 0.5}
    lines = [line, {**better, "difference_upper": 3.5, "p_value": 0.01, "verdict": "better"}]
    return {"measure": "F1", "data": "the validation part", "questions": 40, "lines": lines}


def _asked(store: Store, words: Words, answerer: FakeAnswerer) -> None:
    """Questions of visitors, of which one was put aside."""
    answerer.ask(f"{words.said} 0")
    row = reviewing.open_questions(store)[0].rows[0]
    reviewing.dismiss(store, {row.id: row.version}, words.said[:60])
    for question in (words.said, f"{words.said}!", next(iter(words.questions))):
        answerer.ask(question)


def addresses(app: FastAPI, filled: Filled, most: int | None = None) -> list[str]:
    """Addresses of every page, several where it has several states, at most `most` of one route; a new page is found
    by its route.
    """
    store = filled.store
    listed, _ = documents.list_documents(store)
    by_name = {one.name: one.id for one in listed}
    all_jobs = jobs.list_jobs(store)
    evaluations = [one.id for one in list_evaluations(store)]
    values = {
        "document_id": [
            by_name[f"{filled.words.title} 2.pdf"],
            by_name[f"{filled.words.said}.html"],
            by_name["fees.txt"],
        ],
        "number": ["2"],
        "version": [one.version for one in list_releases(store)],
        "row_id": [reviewing.open_questions(store)[0].rows[0].id, reviewing.decided(store)[0][0].id],
        "upload_id": [one.name for one in (store.folder / "imports").iterdir()],
        "run_id": [one.id for one in list_trainings(store)],
        "evaluation_id": evaluations,
        "job_id": [one.id for one in all_jobs],
    }
    queries = {
        "/datasets/example": [f"id={one.example.id}" for one in list_examples(store)[0][:2]],
        "/evaluate/compare": [f"before={evaluations[1]}&after={evaluations[0]}"],
        "/train/new": [f"what={what}" for what in ("reader", "retriever", "classifier", "language-model", "generator")],
        "/set-up": [],  # nobody is let in by the link once there are people
    }
    only = {"/train/comparisons/{job_id}": [one.id for one in all_jobs if one.kind == "compare"]}
    found: list[str] = []
    for route in pages_of(app):
        names = re.findall(r"\{(\w+)", route.path)
        unknown = set(names) - set(values)
        assert not unknown, f"say in `addresses` what {unknown} is, for {route.path}"
        made = [route.path]
        for name in names:
            made = list(_with(made, name, only.get(route.path, values[name])))
        found += ([f"{one}?{query}" for one in made for query in queries[one]] if route.path in queries else made)[
            :most
        ]
    return found


def _with(made: Iterable[str], name: str, values: Iterable[str]) -> Iterable[str]:
    return (re.sub(rf"\{{{name}(:\w+)?\}}", value, one) for one in made for value in values)


def pages_of(app: FastAPI) -> list[APIRoute]:
    """The routes that show a page."""
    included = [getattr(one, "original_router", None) for one in app.routes]
    routes = [route for one in included if one is not None for route in one.routes if isinstance(route, APIRoute)]
    shown = [one for one in routes if "GET" in one.methods and is_page(one.path)]
    return [one for one in shown if one.path not in NOT_OURS | LEADS_ON]
