"""Picks the smallest form of a reader that answers as well as the reader itself.

In: a trained reader, questions for the parity gate, texts for fixed ranges of int8. Out: an exported folder and the
account of what was tried. Knows nothing about workspaces.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autogpt.compress.export import Format, Precision, export_reader
from autogpt.compress.parity import Parity, Remembered, parity_gate
from autogpt.config import CompressSection, ReadSection
from autogpt.progress import Sink, silent
from autogpt.read.backends.facts import MODEL_FILES
from autogpt.read.backends.quiet_openvino import computes_bf16
from autogpt.read.reader import Reader
from autogpt.records import ReaderExample


@dataclass(frozen=True, slots=True)
class Attempt:
    """One form that was made and put to the gate; `parity` is None for whole precision, whose outputs are compared
    with the source's directly when it is converted."""

    precision: Precision
    bytes: int
    parity: Parity | None

    @property
    def passed(self) -> bool:
        return self.parity is None or self.parity.passed


@dataclass(frozen=True, slots=True)
class Compression:
    """An exported reader and how it came about.

    Attributes:
        folder: the export.
        source_bytes: size of the weights it was made from.
        attempts: the forms tried, fastest first; the last one is what `folder` holds.
    """

    folder: Path
    format: Format
    source_bytes: int
    attempts: tuple[Attempt, ...]

    @property
    def kept(self) -> Attempt:
        return self.attempts[-1]

    @property
    def precision(self) -> Precision:
        return self.kept.precision

    @property
    def summary(self) -> str:
        """One line for people: what is served and why."""
        lost = [f"{one.precision} {_REASONS[one.parity.verdict]}" for one in self.attempts[:-1] if one.parity]
        parity = self.kept.parity
        if parity is None:
            return "; ".join([*lost, "the whole model is served"])
        return "; ".join(
            [
                *lost,
                f"{self.kept.bytes / self.source_bytes:.0%} of the size",
                f"{parity.speedup:.1f} times as fast as PyTorch",
                f"F1 {parity.difference:+.2f} (at least {parity.lower:+.2f}) on {parity.questions:,} questions",
            ]
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "precision": self.precision,
            "format": self.format,
            "summary": self.summary,
            "source_bytes": self.source_bytes,
            "bytes": self.kept.bytes,
            "attempts": [
                {
                    "precision": one.precision,
                    "bytes": one.bytes,
                    "parity": one.parity.to_json() if one.parity else None,
                }
                for one in self.attempts
            ],
        }


#: Why a form is not served.
_REASONS = {
    "failed": "answers worse",
    "unproven": "could not be shown to answer as well",
    "too_few": "could not be checked: too few questions",
}


def smallest_reader(
    source: Path,
    out: Path,
    *,
    questions: Sequence[ReaderExample],
    calibration: Sequence[tuple[str, str]],
    compress: CompressSection,
    read: ReadSection,
    format: Format = "openvino",
    sink: Sink = silent,
) -> Compression:
    """Export the reader in `source` to `out` in the smallest form that passes the parity gate; the last is whole.

    Args:
        questions: for the gate; see `parity_gate`.
        calibration: (question, context) pairs for int8 with fixed ranges; without any, or where
            `compress.calibration_samples` is 0, that form is not tried.

    Raises what `export_reader` raises.
    """
    attempts: list[Attempt] = []
    reference: Remembered | None = None
    pairs = calibration[: compress.calibration_samples]
    for precision in _forms(compress, bool(pairs), format):
        export_reader(source, out, format, precision=precision, calibration=pairs, sink=sink)
        reference = reference or Remembered(_reader(source, "torch", read))
        parity = parity_gate(
            reference,
            _reader(out, format, read),
            questions,
            tolerance=compress.tolerance,
            fewest=compress.parity_questions,
            most=compress.parity_limit,
            sink=sink,
        )
        attempts.append(Attempt(precision, _bytes(out), parity))
        if parity.verdict in {"passed", "too_few"}:
            break
    if not attempts or not attempts[-1].passed:
        export_reader(source, out, format, sink=sink)
        attempts.append(Attempt("fp32", _bytes(out), None))
    return Compression(out, format, (source / MODEL_FILES["torch"]).stat().st_size, tuple(attempts))


def _forms(compress: CompressSection, calibrated: bool, format: Format) -> Iterator[Precision]:
    """The forms to try before the whole one, fastest first."""
    if compress.int8 and format == "openvino":
        if calibrated:
            yield "int8"
        yield "int8-dynamic"
        if computes_bf16():
            yield "bf16"


def _reader(folder: Path, backend: str, read: ReadSection) -> Reader:
    return Reader.from_config(folder, read.model_copy(update={"backend": backend}))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("model.*"))
