import gzip
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file, save_file

from autogpt.models import layout
from autogpt.records import AnswerSpan, ReaderExample


@pytest.fixture
def tuning(recipe_module: Callable[[str], ModuleType]) -> ModuleType:
    return recipe_module("making.tuning")


def test_what_ships_lies_between_the_weights_before_and_after(tuning: ModuleType, tmp_path: Path) -> None:
    before, after, pack = tmp_path / "base", tmp_path / "model", tmp_path / "pack"
    for folder, value, dtype in ((before, 1.0, torch.float16), (after, 2.0, torch.float32), (pack, 1.0, torch.float16)):
        folder.mkdir()
        save_file({"weight": torch.full((2, 2), value, dtype=dtype)}, folder / layout.WEIGHTS)
    for _ in range(2):
        tuning.put_into_pack(tmp_path, 0.25, pack)
        blended = load_file(pack / layout.WEIGHTS)["weight"]
        assert blended.dtype is torch.float16
        assert torch.equal(blended, torch.full((2, 2), 1.25, dtype=torch.float16))
    assert [one.name for one in pack.iterdir()] == [layout.WEIGHTS]


def test_no_context_is_drawn_twice_and_the_draw_is_the_same_again(tuning: ModuleType) -> None:
    examples = [
        ReaderExample(f"{text}{turn}", f"Question {turn}?", f"Context {text}.", (AnswerSpan(text, 8),))
        for text in "abcdef"
        for turn in range(3)
    ]
    drawn = tuning.one_a_context(examples, 4, seed=5)
    assert len({one.context for one in drawn}) == len(drawn) == 4
    assert tuning.one_a_context(examples, 4, seed=5) == drawn
    assert len(tuning.one_a_context(examples, 100, seed=5)) == 6


def test_every_question_is_ranked_against_all_contexts(tuning: ModuleType) -> None:
    def example(text: str, answered: bool = True) -> ReaderExample:
        answers = (AnswerSpan(text, 0),) if answered else ()
        return ReaderExample(text, f"Who is {text}?", f"{text} is known.", answers, title="Some_title")

    asked = [example("Ada"), example("Bo", answered=False)]
    ranking = tuning.contexts(asked, [*asked, example("Cy")])
    assert ranking.passages == tuple(f"Some title\n{name} is known." for name in ("Ada", "Bo", "Cy"))
    assert ranking.questions == (("Who is Ada?", frozenset({0})),)


def test_the_sentence_that_answers_stands_for_a_vetted_answer(tuning: ModuleType) -> None:
    context = "金卡年费一百元。白金卡年费三百元。两者都可在网上申请。"
    example = ReaderExample("q", "白金卡多少钱？", context, (AnswerSpan("三百元", 13),), language="zh")
    (entry,) = tuning.answering_sentences([example], 5, seed=1)
    assert entry.questions == ("白金卡多少钱？",)
    assert entry.answer == "白金卡年费三百元。"


def test_questions_of_one_intent_are_phrasings_of_one_entry(tuning: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "intents.jsonl.gz"
    rows = [{"text": f"{label} {turn}?", "label": label} for label in ("card_lost", "card_late") for turn in range(5)]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    entries = tuning.intents(path, count=6, phrasings=3, seed=1)
    assert len(entries) == 6
    for entry in entries:
        assert len(set(entry.questions)) == 3
        assert {one.rpartition(" ")[0].replace("_", " ") for one in entry.questions} == {entry.answer}
