"""Puts a question otherwise by translating it to another language and back, with a model that the user names.

In: questions and a `Translator`. Out: what came back, where it still says every number, negation and name. Sennrich et
al. 2016 ("Improving neural machine translation models with monolingual data") gave the method its name; for question
answering Yu et al. 2018 (QANet) used it. Nothing is downloaded, and without a translator this kind is refused.
"""

import random
from collections.abc import Iterator, Sequence

from autogpt.errors import UsageError
from autogpt.prepare.augment.base import Question, QuestionAugmenter, Resources, question_of
from autogpt.progress import Progress, Sink
from autogpt.records import ReaderExample

#: Questions translated between two reports.
_STEP = 64


class BackTranslation(QuestionAugmenter):
    kind = "back-translation"

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        if resources.translator is None:
            raise UsageError(
                "Back-translation needs a model that translates, and none is named.",
                "autogpt examples augment takes one: two folders of sequence-to-sequence models with --translate and "
                "--translate-back, or an OpenAI-compatible endpoint with --endpoint and --endpoint-model. Train on the "
                "file that it writes.",
            )
        self._translator = resources.translator
        self._back: dict[str, str] = {}

    def ready(self, examples: Sequence[ReaderExample], sink: Sink) -> None:
        by_language: dict[str, list[str]] = {}
        for one in examples:
            by_language.setdefault(question_of(one).language, []).append(one.question)
        done = 0
        for language, questions in by_language.items():
            for first in range(0, len(questions), _STEP):
                part = questions[first : first + _STEP]
                self._back.update(zip(part, self._translator.round_trip(part, language), strict=True))
                done += len(part)
                sink(Progress("translate", done, len(examples)))

    def rewritten(self, question: Question, rng: random.Random) -> Iterator[str]:
        back = " ".join(self._back.get(question.text, "").split())
        if back:
            yield back
