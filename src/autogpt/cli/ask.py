"""`autogpt ask`: one question, its answer and where it stands."""

from typing import Annotated, Any

import typer

from autogpt.cli.console import on_terminal, print_json, say
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples, open_store
from autogpt.records import Answer, AnswerKind, Evidence

#: Kinds of answers that give none.
_UNANSWERED = (AnswerKind.ABSTAIN, AnswerKind.HANDOVER)


@examples(
    'autogpt ask "What does the Gold card cost a year?"',
    'autogpt ask "What does the Gold card cost a year?" --json',
    'autogpt ask "What does the Gold card cost a year?" --why --release r2',
)
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.", show_default=False)],
    workspace: WorkspaceOption = HERE,
    release: Annotated[str, typer.Option(help="Ask this release.", show_default="the current one")] = "",
    label: Annotated[
        list[str] | None, typer.Option(help="Ask as somebody who holds this access label only. May be repeated.")
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Show the passages and scores behind the answer.")] = False,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from the workspace's documents, and show where the answer stands.

    With --json the answer has text, kind, confidence, evidence (document, page, start, end, quote, score each),
    timings and release. Not knowing is an answer too: kind is then "abstain". Where the release has a classifier,
    explanation.classify says what the question is about and whether it seems out of scope.
    """
    from autogpt.services.answering import Answerer, answer_to_json

    with open_store(workspace, settings) as store, Answerer(store, release) as answerer:
        answer = answerer.ask(question, frozenset(label) if label else None)
    if as_json:
        print_json(answer_to_json(answer))
    else:
        show_answer(answer, why=why)


def show_answer(answer: Answer, why: bool = False) -> None:
    """Print an answer for a person."""
    for notice in answer.notices:
        say(notice, "yellow")
    if answer.kind in _UNANSWERED:
        say(answer.text, "yellow")
        if answer.evidence:
            say(f"Nearest, but only {answer.confidence:.0%} sure:", "dim")
    else:
        say(answer.text, "bold green")
        composed = ", composed from what stands below" if answer.kind is AnswerKind.GENERATED else ""
        say(f"{_in_words(answer.confidence)} ({answer.confidence:.0%}){composed}", "dim")
    # A composed answer stands on all its places, another on its first.
    whole = answer.kind in (*_UNANSWERED, AnswerKind.GENERATED)
    shown = answer.evidence if whole else answer.evidence[:1]
    for evidence in shown:
        say()
        _show_evidence(evidence)
    if why:
        say()
        _show_reasons(answer)


def _in_words(confidence: float) -> str:
    for least, words in ((0.9, "very sure"), (0.75, "sure"), (0.5, "fairly sure")):
        if confidence >= least:
            return words
    return "unsure"


def _show_evidence(evidence: Evidence) -> None:
    place = " › ".join(
        [evidence.document, *evidence.heading_path, *([f"page {evidence.page}"] if evidence.page else [])]
    )
    say(place, "cyan")
    start, end = evidence.start - evidence.context_start, evidence.end - evidence.context_start
    before, after = _flat(evidence.context[:start]), _flat(evidence.context[end:])
    quote = _flat(evidence.quote)
    if on_terminal():
        from rich.console import Console
        from rich.text import Text

        text = Text("  ").append(before).append(quote, "bold reverse").append(after)
        Console(highlight=False).print(text)
    else:
        say(f"  {before}[{quote}]{after}")


def _flat(text: str) -> str:
    """One line; blanks at either end stay, so that words do not run together."""
    return "".join(" " if character in "\n\t" else character for character in text)


def _show_reasons(answer: Answer) -> None:
    reasons: dict[str, Any] = dict(answer.explanation)
    if "classify" in reasons:
        say(_about(reasons["classify"]))
    for rank, passage in enumerate(reasons.get("passages", ()), 1):
        heading = " › ".join([passage["title"], *passage["heading_path"]])
        lexical = f"BM25 rank {passage['lexical_rank']}" if passage["lexical_rank"] is not None else "not in BM25"
        dense = f"vector rank {passage['dense_rank']}" if passage["dense_rank"] is not None else "not in vectors"
        say(f"{rank:2}. {heading} ({lexical}, {dense}; {', '.join(passage['matched_terms']) or 'no term matched'})")
    for candidate in reasons.get("candidates", ())[:5]:
        say(f"    {candidate['score']:6.2f}  {_flat(candidate['text'])}  (passage {candidate['passage'] + 1})")
    timings = ", ".join(f"{name} {spent:.0f} ms" for name, spent in answer.timings.items())
    say(f"threshold {reasons.get('threshold', 0):.2f}; release {answer.release}; {timings}", "dim")


def _about(classified: dict[str, Any]) -> str:
    """What the classifier said."""
    labels = ", ".join(classified["labels"]) or "no class"
    said = f"about {labels} ({classified['probability']:.0%}), route {classified['route']}"
    if classified["out_of_scope"] is None:
        return said
    needed = classified["out_of_scope_threshold"]
    return f"{said}; out of scope {classified['out_of_scope']:.0%}, refused from {needed:.0%}"
