"""How many edited statements the check of composed answers refuses, and how many faithful ones it lets pass.

In: the folder of data sets. For up to 300 questions of each set a faithful statement is made in several ways from the
sentence that holds the answer, or from question and answer; each is then edited in a number, a negation, a name, or by
another answer of the same article. The evidence is the passage and two others of the article. Out: by language and kind
the share that is refused or accepted, on the half of the titles that no limit was fitted on.

    python benchmarks/grounding.py DATA_FOLDER [--fit] [--show KIND]
"""

import argparse
import gzip
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from grounding_cases import EDITS, FAITHFUL, Asked, edited, faithful

from autogpt.answer.grounding import Evidence, Limits, Source
from autogpt.text.sentences import sentences

SETS = ("squad11_dev", "policyqa", "cmrc2018", "drcd")
QUESTIONS, OTHERS = 300, 2
#: Lengths of sentences that statements are made from, in code points, by language.
LENGTHS = {"en": (30, 300), "zh": (12, 120)}
#: What `--fit` tries.
TRIED = (Limits(asked=0.0), Limits(), Limits(asked=0.35), Limits(missing=0.1))


@dataclass(frozen=True)
class Case:
    """A statement, what became of it, and what it is checked against."""

    language: str
    kind: str
    statement: str
    asked: Asked
    evidence: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--fit", action="store_true", help="try limits on the other half of the titles")
    parser.add_argument("--show", default="", help="print statements of this kind that were judged wrongly")
    options = parser.parse_args()
    cases = [case for name in SETS for case in cases_of(options.data / f"{name}.jsonl.gz")]
    if options.fit:
        fit([case for case in cases if fitted_on(case.asked.title)])
        return
    cases = [case for case in cases if fitted_on(case.asked.title) == bool(options.show)]
    began = time.perf_counter()
    accepted = [supported(case, Limits()) for case in cases]
    milliseconds = (time.perf_counter() - began) * 1000 / len(cases)
    table(cases, accepted)
    print(
        f"\n{len(cases):,} statements, {milliseconds:.1f} ms each, evidence of {OTHERS + 1} passages taken apart anew"
    )
    if options.show:
        show(cases, accepted, options.show)


def cases_of(path: Path) -> Iterator[Case]:
    """The cases of one set, the same at every call."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    articles: dict[str, list[dict]] = defaultdict(list)
    for row in rows:
        articles[row["title"]].append(row)
    asked = [one for row in rows for one in questions(row, articles[row["title"]])]
    rng = random.Random(7)
    for one, context, others in rng.sample(asked, min(QUESTIONS, len(asked))):
        evidence = (context, *others)
        statements = faithful(one, rng)
        for kind, statement in statements.items():
            yield Case(one.language, kind, statement, one, evidence)
        bases = [statements[kind] for kind in ("verbatim", "question and answer") if kind in statements]
        for kind, statement in edited(one, bases, evidence, rng).items():
            yield Case(one.language, kind, statement, one, evidence)


def questions(row: dict, article: Sequence[dict]) -> Iterator[tuple[Asked, str, tuple[str, ...]]]:
    """The answerable questions of a passage, each with the sentence that holds its answer, and other passages."""
    context, language = row["context"], row["lang"][:2]
    low, high = LENGTHS[language]
    spans = sentences(context, language)
    others = [one for one in article if one["context"] != context]
    beside = tuple(one["context"] for one in others[:OTHERS])
    answers = tuple(dict.fromkeys(qa["answers"][0]["text"] for one in article for qa in one["qas"] if qa["answers"]))
    for qa in row["qas"]:
        if not qa["answers"]:
            continue
        text, start = qa["answers"][0]["text"], qa["answers"][0]["answer_start"]
        holding = [span for span in spans if span.start <= start and start + len(text) <= span.end]
        if holding and low <= len(holding[0]) <= high:
            at = spans.index(holding[0])
            following = spans[at + 1].of(context) if at + 1 < len(spans) else ""
            sentence = holding[0].of(context)
            yield Asked(row["title"], language, qa["question"], text, sentence, following, answers), context, beside


def fitted_on(title: str) -> bool:
    return int(sha256(title.encode()).hexdigest()[0], 16) < 8


@lru_cache(maxsize=1)
def grounds(evidence: tuple[str, ...], title: str, language: str, limits: Limits) -> Evidence:
    return Evidence([Source(text, (title,), language) for text in evidence], limits)


def supported(case: Case, limits: Limits) -> bool:
    """Whether every sentence of the statement is."""
    evidence = grounds(case.evidence, case.asked.title, case.language, limits)
    verdicts = evidence.check(case.statement, case.asked.question)
    return bool(verdicts) and all(one.supported for one in verdicts)


def table(cases: Sequence[Case], accepted: Sequence[bool]) -> None:
    """One line a language and kind: how many, and the share that is judged rightly."""
    counts: Counter[tuple[str, str]] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    for case, good in zip(cases, accepted, strict=True):
        counts[case.language, case.kind] += 1
        passed[case.language, case.kind] += good
    for kinds, verb in ((FAITHFUL, "accepted"), (EDITS, "refused")):
        print(f"\n| {verb} | English | | Chinese | |\n|---|---|---|---|---|")
        for kind in (*kinds, "all"):
            shown = []
            for language in ("en", "zh"):
                wanted = [(language, one) for one in (kinds if kind == "all" else (kind,))]
                number, good = sum(counts[one] for one in wanted), sum(passed[one] for one in wanted)
                right = good if verb == "accepted" else number - good
                shown += [f"{number}", f"{right / number:.1%}"] if number else ["", ""]
            print(f"| {kind} | {' | '.join(shown)} |")


def fit(cases: Sequence[Case]) -> None:
    """Accepted and refused shares by limits."""
    print("| words of the question | unknown words | accepted | refused |\n|---|---|---|---|", flush=True)
    for limits in TRIED:
        good = [supported(case, limits) for case in cases]
        kept = [one for one, case in zip(good, cases, strict=True) if case.kind in FAITHFUL]
        lost = [not one for one, case in zip(good, cases, strict=True) if case.kind in EDITS]
        shares = f"{sum(kept) / len(kept):.1%} | {sum(lost) / len(lost):.1%}"
        print(f"| {limits.asked:.0%} | {limits.missing:.0%} | {shares} |", flush=True)


def show(cases: Sequence[Case], accepted: Sequence[bool], kind: str) -> None:
    for case, good in zip(cases, accepted, strict=True):
        if case.kind == kind and good != (kind in FAITHFUL):
            evidence = grounds(case.evidence, case.asked.title, case.language, Limits())
            problems = [
                one for verdict in evidence.check(case.statement, case.asked.question) for one in verdict.problems
            ]
            print(f"\n{case.asked.sentence}\n→ {case.statement}\n{[(one.kind, one.text) for one in problems]}")


if __name__ == "__main__":
    main()
