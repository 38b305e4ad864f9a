"""What becomes of a question by what it is about, before any document is searched.

In: a question, a classifier and the routes of its classes. Out: `Routed`: an answer to give at once, or none. Knows
nothing about documents. A route is "answer" (as usual), "refuse", "handover", or a text that is given as it stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from autogpt.classify.card import Card, Classified
from autogpt.errors import UsageError
from autogpt.records import AnswerKind
from autogpt.text.language import detect

ANSWER, REFUSE, HANDOVER = "answer", "refuse", "handover"
#: Which route is taken of a question with several labels: the most careful one.
_CARE = (HANDOVER, REFUSE)


class Classifies(Protocol):
    @property
    def card(self) -> Card: ...

    def classify(self, texts: Sequence[str]) -> list[Classified]: ...


@dataclass(frozen=True, slots=True)
class Routed:
    """What was decided.

    Attributes:
        kind, text: of the answer to give at once; None and empty where the question goes on to the documents.
        confidence: that this answer is the right one.
        explanation: labels, probability, out-of-scope probability and its threshold, and the route.
        notices: what to say to people.
    """

    kind: AnswerKind | None
    text: str
    confidence: float
    explanation: Mapping[str, Any]
    notices: tuple[str, ...] = ()


class Router:
    """Asks a classifier about each question.

    Args:
        routes: by class; those without one are answered.
        confidence: lowest probability of a class whose route is taken.
        refusals, handovers: texts by the question's language; that of "en" is for all other languages.

    Raises UsageError when a route belongs to no class.
    """

    def __init__(
        self,
        classifier: Classifies,
        routes: Mapping[str, str],
        confidence: float,
        refusals: Mapping[str, str],
        handovers: Mapping[str, str],
    ) -> None:
        require_classes(classifier.card, routes)
        self.classifier = classifier
        self._routes, self._confidence = routes, confidence
        self._refusals, self._handovers = refusals, handovers

    def say(self, refusals: Mapping[str, str], handovers: Mapping[str, str]) -> None:
        """Give other texts from now on."""
        self._refusals, self._handovers = refusals, handovers

    def route(self, question: str) -> Routed:
        (found,) = self.classifier.classify([question])
        scope = self.classifier.card.scope
        route = REFUSE if found.strange else self._route(found)
        explanation = {
            "labels": list(found.labels),
            "probability": found.probability,
            "out_of_scope": found.out_of_scope,
            "out_of_scope_threshold": scope.threshold if scope is not None else None,
            "route": "out_of_scope" if found.strange else route,
        }
        if found.strange:
            notice = "The question seems to be about none of the topics that are answered here."
            return Routed(AnswerKind.ABSTAIN, _in_language(self._refusals, question), 0.0, explanation, (notice,))
        if route == ANSWER:
            return Routed(None, "", found.probability, explanation)
        if route == REFUSE:
            notice = f"Questions about {', '.join(found.labels)} are not answered here."
            return Routed(AnswerKind.ABSTAIN, _in_language(self._refusals, question), 0.0, explanation, (notice,))
        if route == HANDOVER:
            text = _in_language(self._handovers, question)
            return Routed(AnswerKind.HANDOVER, text, found.probability, explanation)
        return Routed(AnswerKind.FAQ, route, found.probability, explanation)

    def _route(self, found: Classified) -> str:
        """The route of the labels that are sure enough."""
        sure = [one for one in found.labels if found.probabilities[one] >= self._confidence]
        routes = [self._routes[one] for one in sure if self._routes.get(one, ANSWER) != ANSWER]
        return next((one for one in _CARE if one in routes), routes[0] if routes else ANSWER)


def require_classes(card: Card, routes: Iterable[str]) -> None:
    """Raises UsageError for routes of what is no class, and for a classifier that knows none."""
    if card.kind == "similarity":
        raise UsageError("A classifier of similarity knows no classes to route by.", "Train one of another kind.")
    unknown = [label for label in routes if label not in card.labels]
    if unknown:
        known = ", ".join(card.labels[:10]) + (", …" if len(card.labels) > 10 else "")
        raise UsageError(
            f"answer.routes has {', '.join(map(repr, unknown))}, which the classifier does not know.",
            f"Its classes: {known}.",
        )


def _in_language(texts: Mapping[str, str], question: str) -> str:
    return texts.get(detect(question), texts["en"])
