"""The curves of a training, in words."""

import math

import pytest

from autogpt.metrics.learning import remarks


def history(losses: list[float], scores: list[float], before: float | None = None) -> list[dict[str, float]]:
    """Losses in equal steps, and a score at the end of each equal part of them."""
    entries: list[dict[str, float]] = [] if before is None else [{"step": 0, "eval_f1": before}]
    per_epoch = max(1, len(losses) // max(1, len(scores)))
    for step, loss in enumerate(losses, 1):
        entries.append({"step": step, "loss": loss})
        if step % per_epoch == 0 and step // per_epoch <= len(scores):
            entries.append({"step": step, "eval_f1": scores[step // per_epoch - 1]})
    return entries


def with_losses(
    given: list[dict[str, float]], losses: list[float], logged: str = "eval_loss"
) -> list[dict[str, float]]:
    """The same with losses of the validation part beside its scores."""
    left = iter(losses)
    for one in given:
        if "eval_f1" in one:
            loss = next(left)
            one[logged] = math.exp(loss) if logged == "eval_perplexity" else loss
    return given


FALLING = [2.0, 1.6, 1.3, 1.1, 0.9, 0.8, 0.7, 0.6, 0.5]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (history(FALLING, [50.0, 55.0, 51.0]), "begun to learn its examples by heart"),
        (history(FALLING, [50.0, 55.0, 58.0]), "still rising when the training ended (55.0, then 58.0)"),
        (history([2.0, 2.1, 1.9, 2.1, 2.0, 2.1], [50.0]), "did not fall"),
        (history([2.0, 1.0, 0.6, 0.5, 0.9, 1.6, 2.4, 2.9, 3.0], [50.0]), "rose again"),
        (history([1.1, 324.0, 102.0, 157.0, 93.0, 102.0, 23.0], [50.0]), "rose again, from 1.1 to 62"),
        (history([3.0, 3.0, 7.0, 38.0, 62.0, 69.0, 30.0, 3.0, 3.5, 3.0, 3.0, 3.0], []), "rose from 3 to 50 before"),
        (history([0.6, 1.1, 0.0, 0.1, 415.0, 498.0, 0.3, 250.0, 0.2], [50.0, 55.0, 51.0]), "rose again, from"),
        (history(FALLING, [50.0, 50.5, 50.4], before=60.0), "60.0 before, and 50.5 at best"),
    ],
)
def test_what_went_wrong_is_said_in_one_remark(given: list[dict[str, float]], said: str) -> None:
    (only,) = remarks(given, "f1", "F1")
    assert said in only


@pytest.mark.parametrize(
    "given",
    [
        history(FALLING, [50.0, 55.0, 55.4], before=40.0),
        history(FALLING, [50.0, 55.0, 54.5]),
        history(FALLING, [50.0]),
        history([2.0, 2.1, 1.9, 2.1, 2.0, 2.1], [50.0, 52.0, 52.1]),
        history([0.5, 0.4], []),
        [],
    ],
)
def test_a_training_that_went_well_is_not_remarked_on(given: list[dict[str, float]]) -> None:
    assert remarks(given, "f1", "F1") == []


@pytest.mark.parametrize("logged", ["eval_loss", "eval_perplexity"])
def test_a_validation_loss_that_rises_while_the_training_loss_falls_is_said(logged: str) -> None:
    given = with_losses(history(FALLING, [50.0, 50.5, 50.4]), [0.9, 0.7, 1.1], logged)
    (said,) = remarks(given, "f1", "F1")
    assert "lowest after epoch 2 of 3 (0.7) and rose to 1.1 while the training loss went on falling" in said


@pytest.mark.parametrize(
    ("scores", "losses", "said"),
    [
        ([50.0, 55.0, 51.0], [0.9, 0.7, 1.1], ["best after epoch 2 of 3 (55.0)"]),
        ([50.0, 55.0, 58.0], [0.9, 0.7, 1.1], ["still rising"]),
        ([50.0, 50.5, 50.4], [0.9, 0.7, 0.75], []),
        ([50.0, 50.5, 50.4], [0.001, 0.001, 0.002], []),
    ],
)
def test_the_score_has_the_first_word_and_small_rises_none(
    scores: list[float], losses: list[float], said: list[str]
) -> None:
    found = remarks(with_losses(history(FALLING, scores), losses), "f1", "F1")
    assert [part in one for part, one in zip(said, found, strict=True)] == [True] * len(said)


def test_which_epoch_was_best_is_told() -> None:
    (said,) = remarks(history(FALLING, [50.0, 55.0, 51.0]), "f1", "F1")
    assert "best after epoch 2 of 3 (55.0)" in said
