"""Labelled texts are made of others, each of the class of its original."""

from typing import Any

import pytest

from autogpt.config import ClassifierTrainingSection
from autogpt.errors import UsageError
from autogpt.prepare.augment.making import is_made
from autogpt.progress import silent
from autogpt.records import ClassifierExample
from autogpt.services.examples.made_texts import made_texts
from autogpt.text.glossary import NO_GLOSSARY, Glossary

TEXTS = {
    "How can I close my account?": "account",
    "Where can I purchase foreign currency?": "currency",
    "What is not covered below $500 by the Gold Plus card?": "cover",
    "信用卡丢失，应该怎么办？": "lost",
    "Tell me about the weather": "oos",
}
TRAIN = [ClassifierExample(f"c{at}", text, (label,)) for at, (text, label) in enumerate(TEXTS.items())]


def made(*kinds: str, validation: list[ClassifierExample] | None = None, **changes: Any) -> list[ClassifierExample]:
    settings = ClassifierTrainingSection(augment=kinds, augment_times=3, **changes)
    return made_texts(settings, TRAIN, validation or [], NO_GLOSSARY, silent)


@pytest.mark.parametrize("kind", ["synonyms", "typos", "paraphrase"])
def test_a_made_text_has_the_class_of_its_original_and_all_that_makes_it(kind: str) -> None:
    found = made(kind)
    assert found
    originals = {one.id: one for one in TRAIN}
    for one in found:
        original = originals[one.id.partition("-")[0]]
        assert is_made(one.id)
        assert one.labels == original.labels
        assert one.text != original.text
        if original.labels == ("cover",):
            assert all(said in one.text for said in ("not", "below", "$500", "Gold Plus"))


def test_both_languages_are_made_and_what_is_out_of_scope_is_left_alone() -> None:
    labels = {label for one in made("synonyms", "typos", "paraphrase") for label in one.labels}
    assert {"lost", "account"} <= labels
    assert "oos" not in labels


def test_words_of_the_glossary_are_synonyms() -> None:
    glossary = Glossary({"account": ("deposit ledger",)})
    settings = ClassifierTrainingSection(augment=("synonyms",), augment_times=5)
    found = made_texts(settings, TRAIN, [], glossary, silent)
    assert any("deposit ledger" in one.text for one in found)


def test_no_kind_makes_nothing_and_what_validates_is_not_made() -> None:
    assert made() == []
    asked = {one.text for one in made("paraphrase")}
    held = [ClassifierExample("h", text, ("account",)) for text in sorted(asked)]
    assert made("paraphrase", validation=held) == []


@pytest.mark.parametrize("kind", ["entities", "back-translation", "spam"])
def test_what_could_change_the_class_is_refused(kind: str) -> None:
    with pytest.raises(UsageError, match=f"made by '{kind}'") as caught:
        made(kind)
    assert "synonyms, typos, paraphrase" in caught.value.hint


def test_pairs_with_a_score_are_not_made() -> None:
    with pytest.raises(UsageError, match="No pairs are made"):
        made("typos", kind="similarity")
