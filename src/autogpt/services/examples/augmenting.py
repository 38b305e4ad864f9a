"""Makes examples from examples: `autogpt examples augment`, and what trainings are given of them.

In: a workspace or files, and kinds of `prepare.augment`. Out: a file of made examples, or suggested examples of the
train part. Only what trains is augmented: validation and test questions stay what people asked.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from sqlalchemy import insert

from autogpt.annotate.formats import format_of_name, write_examples
from autogpt.annotate.raw import RawAnswer, RawExample
from autogpt.config import ReaderTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.prepare.augment import AUGMENTERS
from autogpt.prepare.augment.base import Made, Resources, Translator, question_of
from autogpt.prepare.augment.making import MARK, augment, is_made
from autogpt.progress import Sink, silent
from autogpt.records import Example, ReaderExample, Split, Status
from autogpt.services.examples.listing import load_examples
from autogpt.services.examples.reading import reader_examples
from autogpt.services.glossary import read_glossary
from autogpt.services.training_files import load_files
from autogpt.store import Store
from autogpt.store.examples import values_of
from autogpt.store.tables import ExampleRow
from autogpt.text.glossary import NO_GLOSSARY, Glossary

#: Kinds that need nothing but the examples: those that are made when none is named.
DEFAULT_KINDS = ("synonyms", "typos", "paraphrase", "entities")
#: What the provenance of a made example begins with.
PROVENANCE = "augmented:"
_SAMPLES = 3
_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is made: as `prepare.augment.making.augment` takes it."""

    kinds: tuple[str, ...] = DEFAULT_KINDS
    times: int = 1
    share: float = 1.0
    seed: int = 13


@dataclass(frozen=True, slots=True)
class Translation:
    """What back-translation uses: two folders, or an endpoint and the name of its model; or nothing."""

    there: Path | None = None
    back: Path | None = None
    endpoint: str = ""
    model: str = ""

    def open(self, examples: Sequence[ReaderExample]) -> Translator | None:
        """The translator; two folders serve the language that most of the examples are in.

        Raises UsageError when half of it is missing, and what opening a model does.
        """
        if self.endpoint:
            from autogpt.prepare.augment.endpoint import EndpointTranslator

            return EndpointTranslator(self.endpoint, self.model)
        if self.there and self.back:
            from autogpt.train.translate import FolderTranslator

            languages = Counter(question_of(one).language for one in examples)
            return FolderTranslator(
                self.there, self.back, max(languages, key=lambda code: languages[code], default="en")
            )
        if self.there or self.back or self.model:
            raise UsageError(
                "Back-translation needs both of two folders, or an endpoint with the name of its model.",
                "For example: --translate en-de --translate-back de-en, or --endpoint URL --endpoint-model NAME",
            )
        return None


@dataclass(frozen=True, slots=True)
class Sample:
    """A question and its answers before and after; the answers only where they are others."""

    kind: str
    before: str
    after: str
    answer_before: str = ""
    answer_after: str = ""


@dataclass(frozen=True, slots=True)
class AugmentReport:
    """What was made.

    Attributes:
        originals: examples that anything was looked for.
        kinds: number of made examples by kind.
        samples: a few of each kind.
        path: the file written, or None.
        added: examples that are new in the workspace.
    """

    originals: int
    made: int
    kinds: Mapping[str, int] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    path: Path | None = None
    added: int = 0


def augment_workspace(
    store: Store,
    recipe: Recipe,
    *,
    out: Path | None = None,
    into_workspace: bool = False,
    translation: Translation | None = None,
    sink: Sink = silent,
) -> AugmentReport:
    """Make examples from the train part.

    Args:
        out: file that they are written to.
        into_workspace: make them suggested examples of the train part; what is there already stays.

    Raises:
        DataError: the train part has no examples.
        UsageError: an unknown kind, one that lacks what it needs, or one whose texts are no documents.
    """
    format = _format(out)
    if into_workspace:
        _require_question_only(recipe.kinds)
    train = [one for one in reader_examples(store, Split.TRAIN, sink=sink) if not is_made(one.id)]
    if not train:
        raise DataError(
            "There are no accepted extractive examples in the train part.",
            "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    made = _made(train, recipe, read_glossary(store), translation, sink)
    if out is not None:
        write_examples(_raws(made), out, format)
    return replace(_report(train, made), path=out, added=_add(store, made) if into_workspace else 0)


def augment_files(
    paths: Sequence[Path],
    recipe: Recipe,
    *,
    out: Path | None = None,
    translation: Translation | None = None,
    sink: Sink = silent,
) -> AugmentReport:
    """The same of files, all of whose examples are taken for training ones.

    Raises NotFoundError or DataError for a file, DataError when all its examples are made ones, UsageError as
    `augment_workspace`.
    """
    format = _format(out)
    examples = [one for one in load_files(paths) if not is_made(one.id)]
    if not examples:
        raise DataError("All examples of the files are made ones.", "Name the file that they were made from.")
    made = _made(examples, recipe, NO_GLOSSARY, translation, sink)
    if out is not None:
        write_examples(_raws(made), out, format)
    return replace(_report(examples, made), path=out)


def made_for_training(
    settings: ReaderTrainingSection, train: Sequence[ReaderExample], glossary: Glossary, sink: Sink
) -> list[ReaderExample]:
    """What `train.reader.augment` asks to be made from the train part; nothing where it names no kind.

    Raises UsageError for an unknown kind, or one that needs a model.
    """
    if not settings.augment:
        return []
    recipe = Recipe(settings.augment, settings.augment_times, settings.augment_share, settings.seed)
    originals = [one for one in train if not is_made(one.id)]
    return [one.example for one in _made(originals, recipe, glossary, None, sink)]


def _made(
    examples: Sequence[ReaderExample],
    recipe: Recipe,
    glossary: Glossary,
    translation: Translation | None,
    sink: Sink,
) -> list[Made]:
    translator = translation.open(examples) if translation else None
    return augment(
        examples,
        recipe.kinds,
        times=recipe.times,
        share=recipe.share,
        seed=recipe.seed,
        resources=Resources(glossary, translator),
        sink=sink,
    )


def _require_question_only(kinds: Sequence[str]) -> None:
    for kind in kinds:
        if not AUGMENTERS.load(kind).question_only:
            raise UsageError(
                f"'{kind}' changes the texts, which are documents of the workspace.",
                "Leave it out, or write a file with --out FILE and train on that.",
            )


def _format(path: Path | None) -> str:
    """The format of the file to write. Raises UsageError where its name does not tell, or is CSV's."""
    format = format_of_name(path.name) if path else ""
    if format == "csv":
        raise UsageError(f"CSV has no room for the texts: {path}.", "Name a file that ends in .jsonl or .json.")
    return format


def _raws(made: Sequence[Made]) -> list[RawExample]:
    """What is written, those of one text together."""
    return sorted((_raw(one) for one in made), key=lambda raw: (raw.title, raw.context))


def _raw(made: Made) -> RawExample:
    one = made.example
    return RawExample(
        where="",
        id=one.id,
        question=one.question,
        answers=tuple(RawAnswer(answer.text, answer.start) for answer in one.answers),
        answerable=one.answerable,
        context=one.context,
        title=one.title,
        language=one.language,
        domain=one.domain,
        split=Split.TRAIN.value,
        status=Status.SUGGESTED.value,
        provenance=PROVENANCE + made.kind,
    )


def _add(store: Store, made: Sequence[Made]) -> int:
    """Suggested examples of the train part, for those that are not there yet."""
    originals = {one.id: one for one in load_examples(store)}
    fresh: dict[str, Example] = {}
    for one in made:
        id = sha256(f"{one.original.id}\0{one.example.question}".encode()).hexdigest()[:32] + MARK + one.kind
        if id not in originals:
            fresh[id] = replace(
                originals[one.original.id],
                id=id,
                question=one.example.question,
                provenance=PROVENANCE + one.kind,
                status=Status.SUGGESTED,
                annotator="",
            )
    rows = [values_of(example) for example in fresh.values()]
    with store.session() as session:
        for first in range(0, len(rows), _ROWS):
            session.execute(insert(ExampleRow), rows[first : first + _ROWS])
    return len(rows)


def _report(originals: Sequence[ReaderExample], made: Sequence[Made]) -> AugmentReport:
    kinds = Counter(one.kind for one in made)
    shown: Counter[str] = Counter()
    samples: list[Sample] = []
    for one in made:
        if shown[one.kind] < _SAMPLES:
            shown[one.kind] += 1
            samples.append(_sample(one))
    samples.sort(key=lambda sample: sample.kind)
    return AugmentReport(len(originals), len(made), dict(sorted(kinds.items())), tuple(samples))


def _sample(made: Made) -> Sample:
    before = [answer.text for answer in made.original.answers][:1]
    after = [answer.text for answer in made.example.answers][:1]
    answers = ("", "") if before == after else (before[0], after[0])
    return Sample(made.kind, made.original.question, made.example.question, *answers)
