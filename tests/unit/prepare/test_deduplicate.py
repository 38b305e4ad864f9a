"""Which texts say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.prepare.deduplicate import Sketch, SketchIndex, clusters, repeats, sketch

TEXT = (
    "The Gold account is for customers who travel. The monthly fee is 5 euros and is charged on 1 May. "
    "Cash is free abroad. The account does not include insurance. Customers may close it at any time in the app. "
) * 4


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("5 euros", "6 euros"),
        ("5 euros", "5.50 euros"),
        ("1 May", "1 June"),
        ("monthly", "yearly"),
        ("does not include", "does include"),
        ("Gold", "Silver"),
        ("free abroad", "prohibited abroad"),
        ("who travel", "who travel with Lufthansa"),
        ("1 May", "1 May 2024"),
    ],
)
def test_texts_that_differ_in_a_fact_are_not_the_same(old: str, new: str) -> None:
    changed = TEXT.replace(old, new, 1)
    assert changed != TEXT
    assert not repeats(changed, TEXT)


@pytest.mark.parametrize(
    "same",
    [
        TEXT.upper(),
        TEXT.replace(" ", "\n"),
        TEXT.replace(".", " ."),
        TEXT.replace("customers", "customer", 1),
        TEXT + " Printed copy.",
        TEXT.replace("insurance", "insurence", 1),
    ],
)
def test_texts_that_differ_in_form_are_the_same(same: str) -> None:
    assert sketch(same).similarity(sketch(TEXT)) > 0.8
    assert repeats(same, TEXT)


def test_chinese_texts_are_told_apart_by_their_numbers() -> None:
    text = "信用卡的年费为两百元，首年免费。客户可以随时在手机应用中注销账户，余额将在三个工作日内退还到原账户。"
    assert repeats(text.replace("，", "，\n"), text)
    assert not repeats(text.replace("两百元", "三百元"), text)
    assert not repeats(text.replace("可以", "不可以"), text)


@given(
    st.lists(
        st.sampled_from(["fee", "account", "card", "bank", "open", "close", "euro", "day", "week", "month"]),
        min_size=30,
    )
)
def test_a_sketch_is_stored_and_equals_itself(words: list[str]) -> None:
    found = sketch(" ".join(words))
    assert found.similarity(found) == 1.0
    assert Sketch.from_bytes(found.to_bytes()).similarity(found) == 1.0


def test_the_most_similar_is_found_first() -> None:
    index: SketchIndex[str] = SketchIndex()
    words = [f"word{number}" for number in range(400)]
    index.add("far", sketch(" ".join(reversed(words))))
    index.add("near", sketch(" ".join([*words[:390], *["these", "are", "other", "words", "at", "the", "very", "end"]])))
    index.add("same", sketch(" ".join(words)))
    assert index.similar(sketch(" ".join(words)), 0.8) == ["same", "near"]
    index.discard("same")
    assert index.similar(sketch(" ".join(words)), 0.8) == ["near"]


def test_short_texts_are_similar_to_nothing() -> None:
    index: SketchIndex[str] = SketchIndex()
    index.add("a", sketch("The fee is 5 euros."))
    assert index.similar(sketch("The fee is 5 euros."), 0.1) == []


def test_clusters_hold_near_duplicates_whatever_their_numbers() -> None:
    other = " ".join(f"unrelated{number} content" for number in range(60))
    texts = {"b": TEXT, "a": TEXT.replace("5 euros", "6 euros", 1), "c": other}
    assert clusters(texts, 0.8) == {"a": "a", "b": "a"}


def test_a_text_is_compared_with_one_of_a_cluster_not_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    similarity = Sketch.similarity
    monkeypatch.setattr(Sketch, "similarity", lambda one, two: compared.append(1) or similarity(one, two))
    texts = {f"{number:03}": TEXT.replace("5 euros", f"{number} euros", 1) for number in range(100)}
    assert set(clusters(texts, 0.8).values()) == {"000"}
    assert len(compared) < 2 * len(texts)
