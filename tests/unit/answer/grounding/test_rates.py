"""Of statements made untrue in a number, a denial or a name nearly all are refused; most faithful ones pass.

Made from the questions and answers of the samples: the evidence is the quoted lines of a document.
"""

import json
import random
from collections import defaultdict

import pytest
from grounding_cases import EDITS, FAITHFUL, Asked, edited, faithful

from autogpt.answer.grounding import Evidence, Limits, Source
from snippets import ROOT

#: A whole other answer is no edit of this one: of a price list's rows, one in five passes.
_EDITS = tuple(kind for kind in EDITS if kind != "another answer")
#: What says it in other words need not pass: the span is given instead.
_SURE = ("verbatim", "introduced", "answer alone", "moved")


def verdicts(sample: str, language: str) -> dict[str, list[bool]]:
    """Kind of statement → whether each was accepted."""
    rows = [json.loads(line) for line in (ROOT / "examples" / sample / "examples.jsonl").open(encoding="utf-8")]
    of: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        if row.get("quote"):
            of[row["document"]].append(row)
    rng, found = random.Random(7), defaultdict[str, list[bool]](list)
    for document, group in of.items():
        passages = tuple(dict.fromkeys(row["quote"].lstrip("- ") for row in group))
        answers = tuple(dict.fromkeys(row["answer"] for row in group))
        evidence = Evidence([Source(text, (document,), language) for text in passages], Limits())
        for row in group:
            asked = Asked(document, language, row["question"], row["answer"], row["quote"].lstrip("- "), "", answers)
            said = faithful(asked, rng)
            bases = [said[kind] for kind in ("verbatim", "question and answer") if kind in said]
            for kind, text in (said | edited(asked, bases, passages, rng)).items():
                judged = evidence.check(text, row["question"])
                found[kind].append(bool(judged) and all(one.supported for one in judged))
    return found


@pytest.mark.parametrize(("sample", "language"), [("finance", "en"), ("finance-zh", "zh")])
def test_95_of_100_edited_statements_are_refused_and_faithful_ones_pass(sample: str, language: str) -> None:
    found = verdicts(sample, language)
    for kind, accepted in found.items():
        print(f"{language} {kind}: {sum(accepted)} of {len(accepted)} accepted")
    edits = [one for kind in _EDITS for one in found[kind]]
    assert len(edits) > 400
    refused = 1 - sum(edits) / len(edits)
    assert refused >= 0.95, {kind: found[kind].count(True) for kind in _EDITS}
    # No kind is let through because the others are not; of the rarest there are a few dozen.
    for kind in _EDITS:
        assert sum(found[kind]) <= 0.2 * len(found[kind]), kind
    kept = [one for kind in _SURE for one in found[kind]]
    assert sum(kept) / len(kept) >= 0.9, {kind: found[kind].count(False) for kind in FAITHFUL}
