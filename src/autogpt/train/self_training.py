"""Self-training of a classifier: what it is sure of among texts without labels trains it again.

In: settings, examples, texts without labels, a base model. Out: `out/model/` of the best round by validation, and
`out/rounds.json`: what each round took and gained. Each round is a training of its own, begun from the base. Knows
nothing about workspaces. Sources: Scudder 1965; Lee 2013, "Pseudo-label"; as many of each class, as in Zou et al. 2018.
"""

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from autogpt.classify.card import Classified
from autogpt.classify.classifier import Classifier
from autogpt.config import ClassifierTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.models.costs import Costs
from autogpt.progress import Progress, Sink, silent
from autogpt.records import ClassifierExample
from autogpt.train import processes
from autogpt.train.classifier import train_classifier
from autogpt.train.classifier_plan import is_few, remark_on_unused, unused_by_few
from autogpt.train.folder import (
    CURVES,
    METRICS,
    MODEL,
    TrainingResult,
    claim,
    content_hash,
    finished,
    request_of,
    write_json,
)
from autogpt.train.history import HISTORY
from autogpt.train.labelling import Task, task_of
from autogpt.train.methods.saved import FOLDER as ADAPTER
from autogpt.train.scope import BEST
from autogpt.train.suspects import FILE_NAME as SUSPECTS

#: What each round took and gained.
ROUNDS = "rounds.json"
_FOLDER = "rounds"
#: Begins the ids of texts that were labelled by a classifier.
MARK = "pseudo:"
#: Texts classified at a time.
_STEP = 1_024


@dataclass(frozen=True, slots=True)
class Round:
    """One training.

    Attributes:
        taken: texts without labels that trained too, by the class that they were given.
        score: on the validation part, in points.
        kept: whether it was better than all before it.
    """

    number: int
    taken: dict[str, int]
    score: float
    kept: bool


def self_train(
    settings: ClassifierTrainingSection,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    unlabelled: Sequence[str],
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
) -> TrainingResult:
    """Train; then, `pseudo_rounds` times, label the texts by the best classifier so far, and train again with those
    that it is sure enough of. A round that validation does not find better is not kept, and ends it.

    Called again with the same arguments after a kill, it goes on in the round under way.

    The metrics are those of the round that was kept, with `pseudo_taken`, how many texts trained too, and
    `pseudo_gain`, in points of the validation score.

    Raises what `train_classifier` raises, and:
        DataError: there is nothing to validate on, or no text without a label.
        UsageError: a kind of classifier that cannot be sure of one label.
    """
    task = task_of(settings, train, validation)
    if task.kind not in ("intents", "binary"):
        raise UsageError(
            f"Texts are given one label each; a classifier of the kind {task.kind} gives none such.",
            "Leave --unlabelled off, or set train.classifier.kind to intents or binary.",
        )
    if not task.validation:
        raise DataError(
            "There are no validation texts to say whether texts without labels help.",
            "Give some with --validation, or more than eight labelled texts a class, of which a part is held out.",
        )
    texts = new_texts(unlabelled, (*train, *validation))
    if not texts:
        raise DataError("All texts without labels are empty or labelled already.", "Give others with --unlabelled.")
    # The way of training stays, though there are more examples.
    way = settings.few_shot if settings.few_shot == "prompt" else ("always" if is_few(settings, task) else "never")
    told = settings.model_copy(update={"few_shot": way})
    if way == "always":
        usual = type(settings).model_fields
        told = told.model_copy(update={name: usual[name].default for name in unused_by_few(settings)})
        if remark := remark_on_unused(settings):
            sink(Progress("train", message=remark))
    processes.require_one("A training with texts without labels")
    claim(out, {**request_of(settings, train, validation, base), "unlabelled": content_hash(texts)}, resume)
    done = finished(out)
    if done is not None:
        return done
    if not (out / ROUNDS).is_file():
        rounds = _rounds(told, task, train, validation, texts, base, out, sink)
        write_json(out / ROUNDS, [asdict(one) for one in rounds])
    return _put_in_place(out, [Round(**one) for one in json.loads((out / ROUNDS).read_text(encoding="utf-8"))])


def new_texts(texts: Sequence[str], labelled: Sequence[ClassifierExample]) -> list[str]:
    """Those that are not empty, not labelled and not there twice."""
    seen = {_same(one.text) for one in labelled} | {""}
    found = []
    for text in texts:
        if (same := _same(text)) not in seen:
            seen.add(same)
            found.append(text)
    return found


def confident(
    task: Task, texts: Sequence[str], said: Sequence[Classified], floor: float, times: float
) -> list[ClassifierExample]:
    """The texts whose label is sure enough, the surest first; of each class at most `times` as many as are labelled.

    A text that is likely out of scope is none of them.
    """
    counts = Counter(label for one in task.train for label in task.given(one))
    left = {label: max(1, int(times * count)) for label, count in counts.items()}
    named = {label for one in task.train for label in one.labels}
    made = []
    for at in sorted(range(len(texts)), key=lambda at: -said[at].probability):
        (label,) = said[at].labels
        if said[at].probability < floor or said[at].strange or not left.get(label):
            continue
        left[label] -= 1
        made.append(ClassifierExample(f"{MARK}{at}", texts[at], (label,) if label in named else ()))
    return made


def _rounds(
    settings: ClassifierTrainingSection,
    task: Task,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    texts: Sequence[str],
    base: str | Path,
    out: Path,
    sink: Sink,
) -> list[Round]:
    taken: list[ClassifierExample] = []
    rounds: list[Round] = []
    best = -1.0
    for number in range(settings.pseudo_rounds + 1):
        result = train_classifier(settings, [*train, *taken], validation, base, _folder(out, number), sink)
        score = result.metrics[BEST[task.kind]]
        counts = Counter(label for one in taken for label in task.given(one))
        rounds.append(Round(number, dict(sorted(counts.items())), score, score > best))
        sink(Progress("self-training", number, message=f"round {number}: {len(taken):,} texts, score {score:.1f}"))
        if score <= best or number == settings.pseudo_rounds:
            break
        best = score
        said = _classified(result.model_dir, texts, sink)
        taken = confident(task, texts, said, settings.pseudo_floor, settings.pseudo_times)
        if not taken:
            break
    return rounds


def _classified(folder: Path, texts: Sequence[str], sink: Sink) -> list[Classified]:
    classifier = Classifier(folder, "torch")
    said: list[Classified] = []
    for at in range(0, len(texts), _STEP):
        said += classifier.classify(texts[at : at + _STEP])
        sink(Progress("pseudo-labels", len(said), len(texts)))
    return said


def _put_in_place(out: Path, rounds: Sequence[Round]) -> TrainingResult:
    """Move the best round to where a training without others would be; its metrics last."""
    best = [one for one in rounds if one.kept][-1]
    source = _folder(out, best.number)
    spent = [one for number in range(len(rounds)) if (one := Costs.load(_folder(out, number))) is not None]
    for name in (MODEL, ADAPTER, HISTORY, CURVES, SUSPECTS):
        if (source / name).exists():
            shutil.rmtree(out / name, ignore_errors=True)
            (source / name).replace(out / name)
    if (costs := Costs.load(source)) is not None:
        seconds, peak = sum(one.seconds for one in spent), max(one.peak_bytes for one in spent)
        Costs(seconds, peak, costs.parameters, costs.trainable).save(out)
    metrics = json.loads((source / METRICS).read_text(encoding="utf-8"))
    gained = {"pseudo_taken": float(sum(best.taken.values())), "pseudo_gain": best.score - rounds[0].score}
    write_json(out / METRICS, {**metrics, **gained})
    shutil.rmtree(out / _FOLDER)
    found = finished(out)
    assert found is not None
    return found


def _folder(out: Path, number: int) -> Path:
    return out / _FOLDER / f"{number:02}"


def _same(text: str) -> str:
    return " ".join(text.casefold().split())
