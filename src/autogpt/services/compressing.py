"""Makes the models of a release: the smallest reader that answers as well as the trained one, encoder and reranker.

In: a store, or files alone. Out: exported folders. Knows nothing about releases, nor about how exporting works.
"""

import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.compress.cache import exported_encoder
from autogpt.compress.export import Format, export_encoder, export_reranker
from autogpt.compress.smallest import Compression, smallest_reader
from autogpt.config import CompressSection, ReadSection
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.models.packs import Pack, find_pack
from autogpt.models.sources import resolve_reader
from autogpt.progress import Sink, silent
from autogpt.read.backends.facts import EXPORT_FILE, model_facts
from autogpt.records import ReaderExample, Split
from autogpt.services.examples.reading import reader_examples
from autogpt.store import Store


def compress(
    store: Store | None,
    model: str,
    out: Path,
    *,
    data: Sequence[Path] = (),
    settings: CompressSection | None = None,
    format: Format = "openvino",
    sink: Sink = silent,
) -> Compression:
    """Export a trained reader to `out`, in the smallest form that passes the parity gate.

    Args:
        store: a workspace, whose settings and examples are used, or None.
        model: a run of the workspace (empty: its newest), the folder of a trained reader, or a pack's name.
        data: files of questions with known answers for the gate, beside the pack's and the workspace's.
        settings: other ones than the workspace's.

    Raises:
        UsageError: there is no such model on this machine, or something stands in `out`.
        DataError: `model` is no reader that can be exported.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} exists already.", "Name a folder that does not exist yet, or an empty one.")
    questions = [example for path in data for example in load_reader_examples(path)]
    if store is not None:
        from autogpt.services.releasing import reader_source

        is_run = not model or (store.runs / model).is_dir()
        source = reader_source(store, model)[1] if is_run else _on_this_machine(model)
        return compress_reader(store, source, out, sink, format=format, settings=settings, questions=questions)
    shipped = _shipped_questions(_pack_or_none(model) or _pack_or_none("en"))
    section = settings or CompressSection()
    return smallest_reader(
        _on_this_machine(model),
        out,
        questions=[*questions, *shipped],
        calibration=calibration_pairs([], [*questions, *shipped], section.calibration_samples),
        compress=section,
        read=ReadSection(),
        format=format,
        sink=sink,
    )


def compress_reader(
    store: Store,
    model: Path,
    out: Path,
    sink: Sink = silent,
    *,
    format: Format = "openvino",
    settings: CompressSection | None = None,
    questions: Sequence[ReaderExample] = (),
) -> Compression:
    """Export the trained reader in the folder `model` as `compress` does, with a workspace's settings and examples.

    The gate asks `questions`, the pack's parity set and the workspace's validation examples; int8 takes its fixed
    ranges from the training examples.
    """
    section = settings or store.config.compress
    shipped = [*questions, *_shipped_questions(_pack_or_none(store.config.workspace.pack))]
    own = reader_examples(store, Split.VALIDATION, sink=sink)
    trained = reader_examples(store, Split.TRAIN, sink=sink) if section.calibration_samples else []
    return smallest_reader(
        model,
        out,
        questions=[*own, *shipped],
        calibration=calibration_pairs(trained, shipped, section.calibration_samples),
        compress=section,
        read=store.config.read,
        format=format,
        sink=sink,
    )


def compress_encoder(store: Store, out: Path, sink: Sink = silent, source: Path | None = None) -> Path:
    """Put an exported encoder in `out`.

    Args:
        source: folder of a trained encoder, exported now as a pack's is, or of an exported one, copied; None takes that
            of the workspace's pack.

    Raises NotFoundError or DataError when `source` holds no encoder.
    """
    if source is not None and not (source / EXPORT_FILE).is_file():
        return export_encoder(source, out, precision="bf16", sink=sink)
    exported = exported_encoder(find_pack(store.config.workspace.pack), sink) if source is None else source
    if model_facts(exported).task != "encoder":
        raise DataError(f"{exported} holds a reader, not an encoder.", "Name the folder of an encoder.")
    shutil.copytree(exported, out)
    return out


def compress_reranker(store: Store, out: Path, source: Path, sink: Sink = silent) -> Path | None:
    """Put an exported reranker in `out`, and a smaller form to compare it with beside it.

    Args:
        source: folder of a trained reranker, exported now, or of an exported one, copied.

    Returns the folder of the form in int8; None where there is none, as of an exported one.
    Raises DataError when `source` holds no reranker.
    """
    if (source / EXPORT_FILE).is_file():
        if model_facts(source).task != "reranker":
            raise DataError(f"{source} holds no reranker.", "Name the folder of a reranker.")
        shutil.copytree(source, out)
        return None
    export_reranker(source, out, precision="bf16", sink=sink)
    if not store.config.compress.int8:
        return None
    return export_reranker(source, out.with_name(f"{out.name}-int8"), precision="int8-dynamic", sink=sink)


def calibration_pairs(
    own: Sequence[ReaderExample], others: Sequence[ReaderExample], count: int
) -> list[tuple[str, str]]:
    """`count` (question, context) pairs, the workspace's own first.

    Of `others`, which the gate asks, each question comes with another one's context, so that nothing is both a source
    of ranges and a question of the gate.
    """
    generator = np.random.default_rng(0)
    mine = [own[number] for number in generator.permutation(len(own))]
    theirs = [others[number] for number in generator.permutation(len(others))]
    pairs = [(one.question, one.context) for one in mine]
    pairs += [(one.question, other.context) for one, other in pairwise(theirs)]
    return pairs[:count]


def _on_this_machine(model: str) -> Path:
    source = resolve_reader(model)
    if isinstance(source, str):
        raise UsageError(
            f"There is no model '{model}' on this machine.", "Name a run, the folder of a trained reader, or a pack."
        )
    return source


def _pack_or_none(name: str) -> Pack | None:
    try:
        return find_pack(name)
    except NotFoundError:
        return None


def _shipped_questions(pack: Pack | None) -> list[ReaderExample]:
    return load_reader_examples(pack.parity) if pack is not None and pack.parity is not None else []
