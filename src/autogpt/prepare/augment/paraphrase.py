"""Puts a question in another form: indirect, more polite, with its condition first, with another question word.

In: a question. Out: its other forms, those that change the sentence before those that only add a phrase. The rules of a
language are in `forms_en` and `forms_zh`: patterns of question forms with templates for each. A rule that could go
wrong where a sentence is parsed otherwise does not apply; many questions therefore get a phrase before them at most.
"""

import random
from collections.abc import Iterator

from autogpt.prepare.augment import forms_en, forms_zh
from autogpt.prepare.augment.base import Question, QuestionAugmenter


class Paraphrase(QuestionAugmenter):
    kind = "paraphrase"

    def rewritten(self, question: Question, rng: random.Random) -> Iterator[str]:
        forms = forms_zh if question.language == "zh" else forms_en
        text = " ".join(question.text.split())
        if text != question.text:
            question = Question(text, question.language)
        changed, phrased = list(forms.changed(question)), list(forms.phrased(question))
        for found in (changed, phrased):
            rng.shuffle(found)
            yield from found
