import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autogpt.records import AnswerSpan, ReaderExample

STAGE = {"seed": 1, "made_share": 0.5, "crop_share": 0.5, "chinese_repeats": 4, "chinese_crop": [10, 30]}
RECIPE: dict[str, Any] = {"data": {"chinese": ["cmrc2018"]}}
CONTEXTS = (
    "汇丰路支行设于1998年，有员工35人，周一至周五营业。",
    "东湖支行设于2003年，有员工12人，周末也营业。",
    "南山支行设于2011年，有员工60人，午间不休息。",
)


@pytest.fixture
def questions(recipe_module: Callable[[str], ModuleType]) -> ModuleType:
    return recipe_module("multi.questions")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a Chinese set of three documents."""
    with gzip.open(tmp_path / "cmrc2018.jsonl.gz", "wt", encoding="utf-8") as file:
        for number, context in enumerate(CONTEXTS):
            year = context[context.index("设于") + 2 :][:4]
            answers = [{"text": year, "answer_start": context.index(year)}]
            qas = [{"id": f"q{number}", "question": f"{context[:4]}设于哪一年？", "answers": answers}]
            file.write(json.dumps({"title": f"t{number}", "lang": "zh", "context": context, "qas": qas}) + "\n")
    return tmp_path


@pytest.fixture
def held_out(questions: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, chosen in (("MEASURES", "q0\n"), ("VALIDATES", "")):
        path = tmp_path / name
        path.write_text(chosen)
        monkeypatch.setattr(questions, name, path)


@pytest.mark.usefixtures("held_out")
def test_what_is_held_out_is_never_trained_on(questions: ModuleType, data: Path) -> None:
    made = questions.chinese_training(data, RECIPE, STAGE)
    assert len(made) == 2 * 4
    assert {one.id.split("-")[0] for one in made} == {"q1", "q2"}
    assert not any(CONTEXTS[0][:6] in one.context for one in made)
    for one in made:
        assert all(one.context[span.start : span.end] == span.text for span in one.answers)


@pytest.mark.usefixtures("held_out")
def test_the_same_seed_makes_the_same_questions(questions: ModuleType, data: Path) -> None:
    made = questions.chinese_training(data, RECIPE, STAGE)
    assert questions.chinese_training(data, RECIPE, STAGE) == made
    assert any(one.answers for one in made)
    assert any(not one.answers for one in made)


def test_pairs_of_characters_come_in_their_order(questions: ModuleType) -> None:
    assert questions._pairs("银行，银行卡") == ["银行", "行卡"]


def test_another_number_of_the_text_makes_a_question_unanswerable(questions: ModuleType) -> None:
    asked = ReaderExample("q", "1998年有什么？", CONTEXTS[0], (AnswerSpan("汇丰路支行", 0),))
    made = questions.other_number(asked, random.Random(0))
    assert (made.question, made.answers) == ("35年有什么？", ())
    assert questions.other_number(ReaderExample("q", "何时营业？", CONTEXTS[0]), random.Random(0)) is None


def test_a_wrong_text_is_like_the_question_and_without_its_answer(questions: ModuleType) -> None:
    examples = [
        ReaderExample(f"q{at}", "员工几人？", one, (AnswerSpan("1998", one.find("1998")),))
        for at, one in enumerate(CONTEXTS)
    ]
    wrong = questions.Nearest(examples).wrong_context(examples[0], random.Random(0))
    assert wrong.context in CONTEXTS[1:]
    assert wrong.answers == ()


def test_the_committed_lists_are_apart(questions: ModuleType) -> None:
    measures, validates = questions.ids(questions.MEASURES), questions.ids(questions.VALIDATES)
    assert (len(measures), len(validates)) == (1_984, 420)
    assert not measures & validates
