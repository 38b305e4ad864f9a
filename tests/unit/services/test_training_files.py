"""What all trainings on files do before they train."""

from dataclasses import replace
from pathlib import Path

import pytest

from autogpt.errors import UsageError
from autogpt.prepare.augment.making import MARK, is_made
from autogpt.progress import Progress
from autogpt.services.training_files import begin_anew, hold_out
from tiny_models import make_examples


def test_held_out_questions_share_no_title() -> None:
    examples = [one for number in range(30) for one in make_examples(1, number) * 2]
    train, held = hold_out(examples, seed=1)
    assert not {one.title for one in train} & {one.title for one in held}
    assert len(train) + len(held) == 60
    assert 9 <= len(held) <= 12
    assert hold_out(make_examples(1) * 5, seed=1)[1] == []


@pytest.mark.parametrize("seed", range(6))
def test_one_large_title_is_not_held_out_where_a_small_one_is_enough(seed: int) -> None:
    sizes = {"large": 36, "middle": 10, "small": 4}
    [example] = make_examples(1)
    examples = [replace(example, id=f"{title}{at}", title=title) for title, size in sizes.items() for at in range(size)]
    train, held = hold_out(examples, seed)
    assert {one.title for one in held} in ({"middle"}, {"small"})
    assert len(train) + len(held) == 50
    halves = [replace(one, title=str(at % 2)) for at, one in enumerate(examples)]
    assert [len(part) for part in hold_out(halves, seed)] == [25, 25]


def test_only_a_training_is_deleted_to_begin_anew(tmp_path: Path) -> None:
    said: list[Progress] = []
    begin_anew(tmp_path / "new", said.append)
    assert said == []
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "request.json").write_text("{}")
    begin_anew(tmp_path / "run", said.append)
    assert not (tmp_path / "run").exists()
    assert [one.message for one in said] == [f"what {tmp_path / 'run'} held is begun anew"]
    (tmp_path / "letter.txt").write_text("Dear Sir")
    with pytest.raises(UsageError, match="holds no training"):
        begin_anew(tmp_path, said.append)
    assert (tmp_path / "letter.txt").is_file()


def test_nothing_is_validated_on_made_examples() -> None:
    examples = make_examples(30)
    made = [replace(one, id=f"{one.id}{MARK}typos-1", question=f"{one.question}!") for one in examples]
    train, held = hold_out([*examples, *made], seed=1)
    assert held
    assert not any(is_made(one.id) for one in held)
    assert {one.title for one in train if is_made(one.id)} == {one.title for one in train if not is_made(one.id)}
    assert not {one.title for one in train} & {one.title for one in held}
