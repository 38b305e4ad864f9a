"""What `autogpt train` says at the end of a training.

In: a run. Out: lines on the terminal. Knows nothing about how it came about.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autogpt.cli.console import say, table

if TYPE_CHECKING:
    from autogpt.services.runs import Run
    from autogpt.services.training_classifier import ClassifierRun
    from autogpt.services.training_generator import GeneratorRun
    from autogpt.services.training_language_model import LanguageModelRun
    from autogpt.services.training_reader import ReaderRun
    from autogpt.services.training_reranker import RerankerRun
    from autogpt.services.training_retriever import RetrieverRun
    from autogpt.train.search import Trial
    from autogpt.train.seeds import Measured


def show_reader(run: "ReaderRun", standalone: bool) -> None:
    _head(run)
    shown = {"f1": "F1", "exact_match": "exact match", "forced_f1": "F1, never abstaining"}
    _seeds(run.seeds, shown)
    if run.metrics:
        table(["on the validation questions", ""], [(label, run.metrics[key]) for key, label in shown.items()])
    _remarks(run)
    _place(run, "model")
    if standalone:
        say(f"Measure it with: autogpt evaluate reader --model {run.model} --data FILE")
    else:
        say("Next: autogpt release create")


def _seeds(seeds: "Sequence[Measured]", shown: dict[str, str]) -> None:
    """What each of several seeds gives, what their soup and what their ensemble.

    Args:
        shown: metrics by the words that they are shown with.
    """
    if not seeds:
        return
    names = [name for name in shown if name in seeds[0].metrics]
    rows = [(one.name, *(f"{one.metrics[name]:.1f}" for name in names), one.models) for one in seeds]
    table(["", *(shown[name] for name in names), "models asked"], rows)


def _place(run: "ReaderRun | ClassifierRun", what: str) -> None:
    if run.seeds:
        say(f"The soup is in {run.model}, the seeds are in {run.folder}/{run.seeds[0].name}/model and so on.")
    else:
        say(f"The {what} is in {run.model}, the curves are in {run.folder / 'curves.png'}.")


def _remarks(run: "Run") -> None:
    for one in run.remarks:
        say(one, "yellow")
    found = run.forgetting
    if found is not None:
        say("What the base knew before:", "bold")
        for kept in found.sets:
            say(kept.summary[0].upper() + kept.summary[1:], "yellow" if kept.verdict == "forgotten" else "")
        if len(found.sets) > 1:
            say(f"Backward transfer (mean of the differences): {found.backward_transfer:+.1f}")


def _head(run: "ReaderRun | ClassifierRun | RetrieverRun | RerankerRun | GeneratorRun | LanguageModelRun") -> None:
    """What was trained, and what a search has tried for it."""
    say(run.summary[0].upper() + run.summary[1:] + ".", "bold green")
    if run.trials:
        _trials(run.trials, run.score[1])


def _trials(trials: "tuple[Trial, ...]", score: str) -> None:
    """What a search has tried, best first."""
    names = list(trials[0].values)
    best = sorted(trials, key=lambda one: (one.state != "done", -(one.score or 0.0)))
    rows = [
        (
            str(one.number + 1),
            *(f"{one.values[name]:.3g}" for name in names),
            "" if one.score is None else f"{one.score:.1f}",
            f"{one.seconds / 60:.1f}",
            one.state,
        )
        for one in best
    ]
    table(["trial", *(name.replace("_", " ") for name in names), score, "minutes", ""], rows)


def show_classifier(run: "ClassifierRun", standalone: bool) -> None:
    from autogpt.services.training_classifier import SHOWN

    _head(run)
    _seeds(run.seeds, SHOWN)
    if run.metrics:
        rows = [(label, f"{run.metrics[name]:.1f}") for name, label in SHOWN.items() if name in run.metrics]
        table(["on the validation texts", ""], rows)
    _remarks(run)
    _place(run, "classifier")
    if standalone:
        say(f"Measure it with: autogpt evaluate classifier --model {run.model} --data FILE")
    else:
        say(f"Next: autogpt evaluate classifier, autogpt release create --classifier {run.id}")


def show_language_model(run: "LanguageModelRun") -> None:
    _head(run)
    _remarks(run)
    say(f"The model is in {run.model}, the curves are in {run.folder / 'curves.png'}.")
    say(f"Next: autogpt train reader --base {run.model} (or retriever, reranker, classifier)")


def show_generator(run: "GeneratorRun", standalone: bool) -> None:
    from autogpt.services.training_generator import SHOWN

    _head(run)
    if run.metrics:
        rows = [
            (label, f"{run.metrics[f'before_{name}']:.1f}", f"{run.metrics[name]:.1f}")
            for name, label in SHOWN.items()
            if name in run.metrics
        ]
        table(["on the validation questions, %", "before", "after"], rows)
    _remarks(run)
    say(f"The model is in {run.model}, the curves are in {run.folder / 'curves.png'}.")
    if standalone:
        say(f"Measure it with: autogpt evaluate generator --model {run.model} --data FILE")
    else:
        say(f'Next: autogpt evaluate generator; then let it word answers: [compose] kind = "local", model = "{run.id}"')


def show_ranking(
    run: "RetrieverRun | RerankerRun", what: str, before: str, after: str, shown: dict[str, str], standalone: bool
) -> None:
    """What a training that ranks has gained.

    Args:
        what: was trained; also the option of `autogpt release create` that takes it.
        before: heads the column of the metrics without it.
        after: heads that of the metrics with it.
        shown: metrics by their label.
    """
    _head(run)
    if run.metrics:
        rows = [
            (label, f"{run.metrics[f'before_{key}']:.1f}", f"{run.metrics[key]:.1f}") for label, key in shown.items()
        ]
        table(["on the validation questions", before, after], rows)
    _remarks(run)
    say(f"The {what} is in {run.model}, the curves are in {run.folder / 'curves.png'}.")
    if not standalone:
        say(f"Next: autogpt release create --{what} {run.id}")
