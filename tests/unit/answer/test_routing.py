"""What a question is about decides what becomes of it, before any document is searched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from autogpt.answer.pipeline import Pipeline
from autogpt.answer.policy import Policy
from autogpt.answer.routing import Router
from autogpt.classify.card import Card, Classified
from autogpt.classify.scope import Scope
from autogpt.errors import UsageError
from autogpt.records import AnswerKind
from autogpt.retrieve.retriever import Retrieval

TEXTS = {"refusals": {"en": "I don't know.", "zh": "我不知道。"}, "handovers": {"en": "A person will.", "zh": "人工。"}}
ROUTES = {"advice": "handover", "complaint": "refuse", "greeting": "Hello! What can I look up?", "fees": "answer"}
LABELS = ("advice", "complaint", "fees", "greeting", "other")
YES_OR_NO = Card("binary", ("no", "advice"), 64)
CARD = Card("intents", LABELS, 64, scope=Scope("energy", 0.7, quantiles=(0.0, 1.0)))


@dataclass
class Says:
    """Stands for a classifier that says the same of every question."""

    said: Classified
    card: Card = CARD

    def classify(self, texts: Sequence[str]) -> list[Classified]:
        return [self.said for _ in texts]


class Empty:
    """Stands for retriever, reader and sources without any document."""

    asked = 0

    def retrieve(self, question: str, k: int, labels: frozenset[str] | None = frozenset()) -> Retrieval:
        self.asked += 1
        return Retrieval((), ())

    def current(self, version_ids: object) -> Mapping[str, object]:
        return {}

    def read(self, pairs: object) -> list[object]:
        return []


def about(*labels: str, sure: float = 0.9, out_of_scope: float = 0.1, strange: bool = False) -> Says:
    probabilities = {one: sure if one in labels else 0.0 for one in LABELS}
    return Says(Classified(labels, sure, probabilities, out_of_scope, strange))


def router(says: Says, routes: Mapping[str, str] = ROUTES) -> Router:
    return Router(says, routes, 0.5, **TEXTS)


@pytest.mark.parametrize(
    ("says", "kind", "text"),
    [
        (about("advice"), AnswerKind.HANDOVER, "A person will."),
        (about("complaint"), AnswerKind.ABSTAIN, "I don't know."),
        (about("greeting"), AnswerKind.FAQ, "Hello! What can I look up?"),
        (about("fees"), None, ""),
        (about("other"), None, ""),
        (about("advice", sure=0.4), None, ""),  # not sure enough for its route
        (about("fees", "advice", "complaint"), AnswerKind.HANDOVER, "A person will."),  # of several the most careful
        (about("fees", out_of_scope=0.9, strange=True), AnswerKind.ABSTAIN, "I don't know."),
        (about("advice", out_of_scope=0.9, strange=True), AnswerKind.ABSTAIN, "I don't know."),
    ],
)
def test_each_class_goes_its_route(says: Says, kind: AnswerKind | None, text: str) -> None:
    routed = router(says).route("What is this?")
    assert (routed.kind, routed.text) == (kind, text)


@dataclass
class Decides:
    """Stands for a yes-or-no classifier with one logit."""

    logit: float
    card: Card = YES_OR_NO

    def classify(self, texts: Sequence[str]) -> list[Classified]:
        return self.card.decide(np.full((len(texts), 1), self.logit), np.zeros((len(texts), 2)), {})


@pytest.mark.parametrize(
    ("logit", "kind"), [(3.0, AnswerKind.HANDOVER), (0.2, None), (-3.0, None)]
)  # 95% yes; yes, but not sure enough; no
def test_a_yes_or_no_classifier_routes_what_it_says_yes_to(logit: float, kind: AnswerKind | None) -> None:
    routed = Router(Decides(logit), {"advice": "handover"}, 0.6, **TEXTS).route("Which plan would you recommend?")
    assert (routed.kind, routed.text) == (kind, "A person will." if kind else "")
    assert routed.explanation["labels"] == ["no" if logit < 0 else "advice"]


def test_an_out_of_scope_question_is_refused_in_its_language_and_says_why() -> None:
    empty = Empty()
    pipeline = Pipeline(
        empty, empty, empty, Policy(), refusals=TEXTS["refusals"],  # type: ignore[arg-type]
        router=router(about("fees", out_of_scope=0.93, strange=True)), release="r3",
    )  # fmt: skip
    stages: list[str] = []
    answer = pipeline.answer("火星上的天气怎么样？", on_stage=stages.append)
    assert (answer.kind, answer.text, answer.release) == (AnswerKind.ABSTAIN, "我不知道。", "r3")
    assert "none of the topics" in answer.notices[0]
    assert answer.explanation["classify"] == {
        "labels": ["fees"],
        "probability": 0.9,
        "out_of_scope": 0.93,
        "out_of_scope_threshold": 0.7,
        "route": "out_of_scope",
    }
    assert {"classify", "total"} == set(answer.timings)
    assert stages == ["classify"]
    assert empty.asked == 0


def test_what_is_answered_as_usual_says_what_it_is_about() -> None:
    empty = Empty()
    refusals = TEXTS["refusals"]
    pipeline = Pipeline(empty, empty, empty, Policy(), refusals=refusals, router=router(about("fees")))  # type: ignore[arg-type]
    answer = pipeline.answer("What is the fee?")
    assert empty.asked == 1
    assert answer.explanation["classify"]["route"] == "answer"
    assert answer.explanation["threshold"] == 0.5
    assert {"classify", "retrieve", "read", "decide"} <= set(answer.timings)


def test_a_classifier_without_a_scope_refuses_nothing_by_it() -> None:
    says = Says(Classified(("fees",), 0.9, {"fees": 0.9}), Card("intents", LABELS, 64))
    routed = router(says).route("What is the fee?")
    assert routed.kind is None
    assert routed.explanation["out_of_scope_threshold"] is None


def test_a_route_of_no_class_and_a_classifier_without_classes_are_refused() -> None:
    with pytest.raises(UsageError, match="has 'advise', which the classifier does not know"):
        router(about("fees"), {"advise": "refuse"})
    with pytest.raises(UsageError, match="knows no classes"):
        router(Says(Classified((), 0.0), Card("similarity", (), 64)), {})
