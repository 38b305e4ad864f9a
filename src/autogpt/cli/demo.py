"""`autogpt demo`: the whole line on the sample workspace, from raw files to the served chat page."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autogpt.cli.ask import show_answer
from autogpt.cli.console import print_json, progress, say, table
from autogpt.cli.options import JsonOption, examples
from autogpt.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from autogpt.evaluate.workspace_report import WorkspaceReport
    from autogpt.workspace import Workspace


@dataclass(frozen=True)
class Sample:
    """A sample workspace: its folder under examples/, its name, and what is asked at the end: a plain question, one
    whose answer stands in a table of a PDF, one that the documents do not answer."""

    folder: str
    name: str
    questions: tuple[str, str, str]


SAMPLES = {
    "en": Sample(
        "finance",
        "Demo bank",
        (
            "How do I report a lost card?",
            "How long is the interest-free period on credit cards?",
            "Can I buy cryptocurrency with my savings account?",
        ),
    ),
    "zh": Sample(
        "finance-zh",
        "示例银行",
        ("客服电话是多少？", "补发一张普卡要多少钱？", "父母可以做我的担保人吗？"),
    ),
}
#: Left in a folder that this command made, so that it removes no other.
MARK = ".autogpt-demo"
#: Enough for a reader that can read already, and done in a minute and a half on two cores.
TRAINING: dict[str, Any] = {"epochs": 2, "learning_rate": 1e-4, "max_minutes": 1.5}
#: The form that is the fastest to make and to check, and a risk that lets it answer more than the surest questions.
RELEASE = {"answer.risk": 0.3, "compress.calibration_samples": 0, "compress.parity_limit": 1500}


class Language(StrEnum):
    """Languages that there is a sample workspace in."""

    EN = "en"
    ZH = "zh"


@examples("autogpt demo", "autogpt demo --no-serve", "autogpt demo --language zh --folder demo-zh --port 9000")
def demo(
    folder: Annotated[Path, typer.Option(help="Where the workspace is made.")] = Path("demo"),
    sample: Annotated[
        Path | None,
        typer.Option(
            help="The sample: documents/, faq.csv, examples.jsonl.", show_default="examples/finance, or finance-zh"
        ),
    ] = None,
    language: Annotated[Language, typer.Option(help="Language of the sample.")] = Language.EN,
    serve: Annotated[bool, typer.Option(help="Serve the chat page and the API at the end.")] = True,
    port: Annotated[int, typer.Option(help="Port of the chat page.", min=0, max=65535)] = 8000,
    as_json: JsonOption = False,
) -> None:
    """Run the main job on the sample workspace of a fictional bank.

    Ingests the documents, divides the examples, fine-tunes the reader, shows before and after on the test part,
    compresses behind the parity gate, makes and promotes a release, asks three questions, and serves the chat page.
    An earlier demo in the folder is replaced.
    """
    from autogpt.workspace import Workspace

    chosen = SAMPLES[language.value]
    source = _folder(chosen, sample)
    _clear(folder)
    workspace = {"name": chosen.name, "domain": "finance", "language": language.value}
    with progress(as_json) as sink, Workspace.create(folder, **workspace, sink=sink) as bank:
        (folder / MARK).touch()
        result = _run(bank, source, chosen.questions, quiet=as_json)
    if as_json:
        print_json(result)
    if serve and not as_json:
        from autogpt.cli.serve import serve as run_server

        run_server(workspace=folder, port=port)


def _run(bank: "Workspace", source: Path, questions: Sequence[str], quiet: bool) -> dict[str, Any]:
    """The steps of the demo; returns what each gave."""

    def step(number: int, title: str) -> None:
        if not quiet:
            say()
            say(f"{number}. {title}", "bold")

    def tell(line: str) -> None:
        if not quiet:
            say(f"   {line}")

    step(1, "Ingest the bank's documents and vetted answers")
    ingested = bank.ingest(source / "documents", source / "faq.csv")
    tell(ingested.summary)
    step(2, "Import the question-answer examples and divide them")
    imported = bank.import_examples(source / "examples.jsonl")
    divided = bank.split()
    tell(imported.summary)
    tell(divided.summary)
    step(3, "Measure the untuned models on the test part")
    before = bank.evaluate()
    tell(_in_short(before))
    step(4, "Fine-tune the reader")
    run = bank.train_reader(**TRAINING)
    tell(run.summary)
    step(5, "Compress behind the parity gate, calibrate, make a release and promote it")
    release = bank.create_release(settings=RELEASE)
    tell(str(release.manifest["compression"]["summary"]))
    threshold, risk = release.policy.threshold, RELEASE["answer.risk"]
    tell(f"threshold {threshold:.0%}, chosen on the validation part for {risk:.0%} wrong answers")
    # A demo goes on whatever the gate says; the audit trail records that it was forced.
    promotion = bank.promote(release.version, force=True)
    tell(f"the gate's verdict on {release.version}: {promotion.verdict}. {' '.join(promotion.reasons)}")
    if promotion.verdict in {"worse", "unproven"}:
        tell("Without --force it would not have been promoted; more examples would tell.")
    step(6, "Measure it on the test part")
    after = bank.evaluate()
    if not quiet:
        table(["", "untuned", release.version], _comparison(before, after))
    step(7, "Ask")
    answers = []
    for question in questions:
        answer = bank.ask(question)
        answers.append(answer)
        if not quiet:
            say()
            say(f"? {question}", "bold cyan")
            show_answer(answer)
    return {
        "ingest": ingested,
        "split": divided,
        "before": before.metrics,
        "run": run,
        "release": release.version,
        "promotion": promotion,
        "after": after.metrics,
        "answers": answers,
    }


def _folder(sample: Sample, given: Path | None) -> Path:
    """The sample's folder: the one named, or the one beside the code or here."""
    here = Path("examples") / sample.folder
    for place in [given] if given else [here, Path(__file__).parents[3] / here]:
        if (place / "examples.jsonl").is_file():
            return place
    raise NotFoundError(
        f"There is no sample workspace in {given or here}.",
        "Run the demo in a clone of the project, or name the sample with --sample FOLDER.",
    )


def _clear(folder: Path) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARK).is_file():
        raise UsageError(f"{folder} is not empty, and not an earlier demo.", "Name another with --folder FOLDER.")
    shutil.rmtree(folder)


def _in_short(report: "WorkspaceReport") -> str:
    metrics = report.metrics
    return f"{metrics['questions']} questions: F1 {metrics['f1']:.1f}, exact match {metrics['exact_match']:.1f}"


def _comparison(before: "WorkspaceReport", after: "WorkspaceReport") -> list[tuple[str, Any, Any]]:
    rows = (
        ("F1", "f1", 1),
        ("F1 where there is an answer", "has_answer_f1", 1),
        ("the same, were nothing withheld", "has_answer_forced_f1", 1),
        ("questions answered, %", "answered", 100),
        ("right among them, %", "answered_right", 1),
        ("questions it could answer with 80% right, %", "coverage_at_80", 100),
        ("refused where there is no answer, %", "no_answer_accuracy", 1),
        ("calibration error", "expected_calibration_error", 1),
    )

    def shown(report: "WorkspaceReport", key: str, scale: int) -> float | None:
        value = report.metrics[key]
        return None if value is None else scale * value

    return [(name, shown(before, key, scale), shown(after, key, scale)) for name, key, scale in rows]
