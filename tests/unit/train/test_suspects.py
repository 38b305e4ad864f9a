"""Labels of the validation part that a classifier contradicts, and answers that a reader does."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from autogpt.classify.card import Card
from autogpt.classify.scope import Scope
from autogpt.config import ClassifierTrainingSection
from autogpt.read.decode import Candidate, Decoded
from autogpt.train.labelling import Task, task_of
from autogpt.train.scope import Computed
from autogpt.train.suspects import find_suspects, read_suspects, suspected_answers, write_suspects
from labelled import labelled
from tiny_models import make_examples


def computed(task: Task, wrong: dict[int, int]) -> Computed:
    """A classifier that is sure of the right class, and as sure of another class of the texts in `wrong`."""
    classes = task.targets(task.validation).astype(int)
    for at, said in wrong.items():
        classes[at] = said
    logits = np.where(np.arange(len(task.labels)) == classes[:, None], 6.0, 0.0)
    return Computed(logits, np.zeros((len(classes), 2)))


def intents(count: int = 30) -> tuple[Task, Card]:
    task = task_of(ClassifierTrainingSection(), labelled(30), labelled(count, 100))
    # What is out of scope has no say here, and its arrays are not at hand.
    return task, Card("intents", task.labels, 48, scope=Scope("mahalanobis", 0.9, quantiles=(0.0, 1.0)))


def test_a_label_that_is_contradicted_with_confidence_is_listed(tmp_path: Path) -> None:
    task, card = intents()
    other = (task.targets(task.validation)[4].astype(int) + 1) % 3
    (found,) = find_suspects(task, card, computed(task, {4: int(other)}))
    assert (found.id, found.said) == (task.validation[4].id, task.labels[other])
    assert found.labels == task.validation[4].labels
    assert found.probability > 0.9
    write_suspects(tmp_path, [found])
    assert read_suspects(tmp_path) == [found]


def test_an_unsure_classifier_suspects_nothing() -> None:
    task, card = intents()
    sure = computed(task, {4: 0, 7: 1, 9: 2})
    doubting = replace(sure, logits=sure.logits / 20)
    assert find_suspects(task, card, doubting) == []


def test_few_texts_and_a_right_classifier_give_none(tmp_path: Path) -> None:
    for count, wrong in ((12, {4: 0, 5: 0, 6: 1}), (30, {})):
        task, card = intents(count)
        assert find_suspects(task, card, computed(task, wrong)) == []
    write_suspects(tmp_path, [])
    assert read_suspects(tmp_path) == []
    assert not list(tmp_path.iterdir())


def test_a_classifier_that_contradicts_too_much_is_not_believed() -> None:
    task, card = intents()
    classes = task.targets(task.validation).astype(int)
    assert find_suspects(task, card, computed(task, {at: int(classes[at] + 1) % 3 for at in range(10)})) == []


def decoded(wrong: set[int], count: int = 30) -> list[Decoded]:
    """A reader that is sure of each answer, and as sure of another one where it stands in `wrong`."""
    found = []
    for at, one in enumerate(make_examples(count)):
        said = one.answers[0].text if one.answers else "sea"
        said = "sea" if at in wrong else said
        start, sure = one.context.index(said), bool(one.answers) != (at in wrong and not one.answers)
        best = Candidate(start, start + len(said), said, 5.0 if sure else -5.0)
        found.append(Decoded((best,), 0.0, confidence=0.9 if sure else 0.1))
    return found


def test_an_answer_that_a_reader_contradicts_with_confidence_is_listed(tmp_path: Path) -> None:
    examples = make_examples(30)
    found = suspected_answers(examples, decoded({3, 5}))  # one with an answer, one without
    assert [(one.id, one.labels, one.said) for one in found] == [("q3", ("1803",), "sea"), ("q5", (), "sea")]
    assert found[0].text == examples[3].question
    write_suspects(tmp_path, found)
    assert read_suspects(tmp_path) == found
    assert suspected_answers(examples, decoded(set())) == []
    assert suspected_answers(examples, decoded(set(range(0, 30, 3)))) == []  # too many to be believed
    assert suspected_answers(examples[:12], decoded({3})[:12]) == []  # too few to tell
