"""The one configuration of a workspace: `autogpt.toml`, read once, checked whole, frozen.

In: a TOML file. Out: a `Config` whose sections are handed to the stages that need them. Knows nothing about what the
stages do with their values.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from autogpt.errors import ConfigError, NotFoundError

#: Raised when the meaning of a key changes; older files are migrated with a notice.
FORMAT_VERSION = 1
FILE_NAME = "autogpt.toml"
GLOSSARY_FILE = "glossary.txt"

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]


class Section(BaseModel):
    """A frozen part of the configuration that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkspaceSection(Section):
    name: str = Field("workspace", description="Shown on the pages and in reports.")
    domain: str = Field("general", description="general, finance, medicine, education, customer_service, or your own.")
    language: Literal["en", "zh", "auto"] = Field(
        "en", description="Language of documents and questions; auto: English and Chinese."
    )
    model: str = Field(
        "", description="Model pack: its name, or a folder that holds one; empty: en for English, else multi."
    )
    glossary: str = Field(
        GLOSSARY_FILE, description="The workspace's own terms and their other names: a file in its folder, if any."
    )

    @property
    def pack(self) -> str:
        """The model pack to begin with: the one that is named, else the one for the language."""
        return self.model or ("en" if self.language == "en" else "multi")


class StoreSection(Section):
    database: str = Field(
        "sqlite:///autogpt.db", description="SQLAlchemy URL; relative SQLite paths are in the workspace."
    )
    files: str = Field("files", description="Original files, addressed by content: a folder or URI.")
    index: str = Field("index", description="Search index (LanceDB): a folder or object-store URI.")
    runs: str = Field("runs", description="Trainings: a folder or URI.")
    releases: str = Field("releases", description="Releases: a folder or URI.")


class IngestSection(Section):
    max_file_mb: Positive = Field(200, description="Larger files are refused.")
    max_characters: Positive = Field(20_000_000, description="Longer extracted texts are refused.")
    max_pages: Positive = Field(5_000, description="Longer PDFs are refused.")
    timeout_seconds: Positive = Field(120, description="Time limit for parsing one file.")
    memory_mb: Positive = Field(2_048, description="Memory limit for parsing one file.")
    passage_characters: Positive = Field(900, description="Aimed length of a passage in code points.")
    passage_overlap: Annotated[int, Field(ge=0)] = Field(
        180, validate_default=True, description="Overlap of neighbouring passages."
    )
    passage_characters_zh: Positive = Field(360, description="The length in Chinese, whose characters say more.")
    passage_overlap_zh: Annotated[int, Field(ge=0)] = Field(
        72, validate_default=True, description="The overlap in Chinese."
    )
    near_duplicate_similarity: Fraction = Field(
        0.92, description="Jaccard similarity above which texts are duplicates."
    )
    allow_private_addresses: bool = Field(False, description="Let URLs lead to private networks.")
    max_redirects: Annotated[int, Field(ge=0)] = Field(5, description="Redirects followed for a URL.")

    @field_validator("passage_overlap", "passage_overlap_zh")
    @classmethod
    def _shorter_than_the_passage(cls, value: int, info: ValidationInfo) -> int:
        length = (info.field_name or "").replace("overlap", "characters")
        if value >= info.data.get(length, value + 1):
            raise ValueError(f"expected less than {length} ({info.data[length]})")
        return value

    def passage_lengths(self, language: str) -> tuple[int, int]:
        """Length and overlap of passages in a language, in code points."""
        if language == "zh":
            return self.passage_characters_zh, self.passage_overlap_zh
        return self.passage_characters, self.passage_overlap


class SplitSection(Section):
    test: Fraction = Field(0.15, description="Part of the documents set aside for the test.")
    train: Fraction = Field(0.7, description="Part of the rest that trains; the remainder validates.")
    seed: int = Field(13, description="Seed of the split.")


class ReaderTrainingSection(Section):
    """`autogpt train reader`: extractive question answering."""

    base: str = Field("", description="Model pack, local folder or hub id; empty means the workspace's model.")
    objective: str = Field("span", description="What is minimised.")
    epochs: Annotated[float, Field(gt=0)] = Field(3, description="Passes over the training part.")
    max_minutes: Annotated[float, Field(ge=0)] = Field(0, description="Stop after so many minutes; 0 means no limit.")
    learning_rate: Annotated[float, Field(gt=0)] = Field(3e-5, description="Peak learning rate.")
    batch_size: Positive = Field(16, description="Windows per step.")
    gradient_accumulation: Positive = Field(1, description="Steps whose gradients are added up.")
    optimizer: Literal["adamw", "sgd"] = Field("adamw", description="Optimiser.")
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="Learning-rate schedule.")
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.01, description="Weight decay.")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(0.1, description="Dropout of hidden layers.")
    warmup: Fraction = Field(0.06, description="Part of the steps that warm up.")
    max_length: Positive = Field(320, description="Tokens per window, question included.")
    stride: Annotated[int, Field(ge=0)] = Field(96, description="Tokens neighbouring windows share.")
    packing: bool = Field(True, description="Pack windows into rows of one fixed length where the model allows it.")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 where the processor has it.")
    patience: Annotated[int, Field(ge=0)] = Field(
        2, description="Epochs without a better validation F1; 0: never stop."
    )
    retrieved_negatives: Annotated[int, Field(ge=0)] = Field(
        1, description="Retrieved passages without the answer that each question of a workspace is also put to."
    )
    general_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Share of general examples mixed in against forgetting."
    )
    general_data: str = Field("", description="File of general examples; empty means the pack's own.")
    seed: int = Field(13, description="Seed of initialisation, order and dropout.")
    trackers: tuple[str, ...] = Field(("tensorboard",), description="Where metrics are sent, by Trainer's names.")


class RetrieverTrainingSection(Section):
    """`autogpt train retriever`: the sentence encoder."""

    base: str = Field(
        "", description="Model pack, local folder or hub id; empty means the encoder of the workspace's model."
    )
    epochs: Annotated[float, Field(gt=0)] = Field(3, description="Passes over the training part.")
    max_minutes: Annotated[float, Field(ge=0)] = Field(0, description="Stop after so many minutes; 0 means no limit.")
    learning_rate: Annotated[float, Field(gt=0)] = Field(2e-5, description="Peak learning rate.")
    batch_size: Annotated[int, Field(gt=1)] = Field(
        64, description="Questions per step; each is told apart from the passages of all others of its step."
    )
    mini_batch: Positive = Field(16, description="Texts in memory at once: fewer need less of it, whatever the step.")
    temperature: Annotated[float, Field(gt=0)] = Field(
        0.05, description="What cosines are divided by before they are compared."
    )
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="Learning-rate schedule.")
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.01, description="Weight decay.")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(0.1, description="Dropout of hidden layers.")
    warmup: Fraction = Field(0.1, description="Part of the steps that warm up.")
    max_length: Positive = Field(256, description="Tokens of a question or passage; longer ones are cut.")
    hard_negatives: Annotated[int, Field(ge=0)] = Field(
        2, description="Passages per question that the search ranks high and that do not answer it."
    )
    margin: Fraction = Field(
        0.05,
        description="Share by which a hard negative is less similar to the question than what answers it, at least.",
    )
    candidates: Positive = Field(30, description="Best-ranked passages that hard negatives are looked for in.")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 where the processor has it.")
    patience: Annotated[int, Field(ge=0)] = Field(
        2, description="Epochs without a better validation nDCG@10; 0: never stop."
    )
    validation_passages: Annotated[int, Field(ge=0)] = Field(
        20_000, description="Most passages a validation searches, those that answer always among them; 0: all."
    )
    seed: int = Field(13, description="Seed of order, dropout and chance negatives.")
    trackers: tuple[str, ...] = Field(("tensorboard",), description="Where metrics are sent, by Trainer's names.")


class RerankerTrainingSection(Section):
    """`autogpt train reranker`: the cross-encoder that judges question and passage together."""

    base: str = Field(
        "", description="Model pack, local folder or hub id; empty means the reader of the workspace's model."
    )
    epochs: Annotated[float, Field(gt=0)] = Field(3, description="Passes over the training part.")
    max_minutes: Annotated[float, Field(ge=0)] = Field(0, description="Stop after so many minutes; 0 means no limit.")
    learning_rate: Annotated[float, Field(gt=0)] = Field(3e-5, description="Peak learning rate.")
    batch_size: Positive = Field(32, description="Pairs of a question and a passage per step.")
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="Learning-rate schedule.")
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.01, description="Weight decay.")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(0.1, description="Dropout of hidden layers.")
    warmup: Fraction = Field(0.1, description="Part of the steps that warm up.")
    max_length: Positive = Field(256, description="Tokens of a question with its passage; longer pairs are cut.")
    hard_negatives: Positive = Field(
        4, description="Passages per question that the search ranks high and that do not answer it."
    )
    margin: Fraction = Field(
        0.05,
        description="Share by which a hard negative is less similar to the question than what answers it, at least.",
    )
    candidates: Positive = Field(30, description="Best-ranked passages that hard negatives are looked for in.")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 where the processor has it.")
    patience: Annotated[int, Field(ge=0)] = Field(
        2, description="Epochs without a better validation nDCG@10; 0: never stop."
    )
    validation_questions: Annotated[int, Field(ge=0)] = Field(
        300, description="Most questions a validation reranks the passages of; 0: all."
    )
    seed: int = Field(13, description="Seed of the new layer, order, dropout and chance negatives.")
    trackers: tuple[str, ...] = Field(("tensorboard",), description="Where metrics are sent, by Trainer's names.")


class TrainSection(Section):
    reader: ReaderTrainingSection = ReaderTrainingSection()
    retriever: RetrieverTrainingSection = RetrieverTrainingSection()
    reranker: RerankerTrainingSection = RerankerTrainingSection()


class RetrieveSection(Section):
    lexical_candidates: Positive = Field(50, description="Passages taken from BM25.")
    dense_candidates: Positive = Field(50, description="Passages taken from the vectors.")
    passages: Positive = Field(8, description="Passages given to the reader.")
    dense_weight: Fraction = Field(
        0.7, description="Part of the vectors in the fused ranking, the rest is BM25's; a release brings its own."
    )
    rerank_passages: Positive = Field(
        20, description="Best passages that a reranker judges, where the release holds one that helps."
    )
    rerank_budget_ms: Annotated[float, Field(ge=0)] = Field(
        150, description="Time it has for a question; what it cannot judge in it keeps its place behind. 0: not asked."
    )


class ReadSection(Section):
    max_answer_tokens: Positive = Field(40, description="Longest answer.")
    n_best: Positive = Field(20, description="Candidates kept per question.")
    max_length: Positive = Field(384, description="Tokens per window, question included.")
    stride: Annotated[int, Field(ge=0)] = Field(128, description="Tokens neighbouring windows share.")
    backend: str = Field("openvino", description="openvino, onnx or torch.")
    threads: Annotated[int, Field(ge=0)] = Field(0, description="Processor threads; 0 means all cores.")
    batch_size: Positive = Field(32, description="Windows per forward pass.")
    second_look: bool = Field(True, description="Read answers' sentences again, for a better confidence.")


class AnswerSection(Section):
    risk: Fraction = Field(0.2, description="Share of wrong answers accepted; the threshold is chosen from it.")
    max_question_characters: Positive = Field(2_000, description="Longer questions are refused.")
    refusal: str = Field(
        "I don't know: the documents do not seem to answer this.", description="Text of an abstention."
    )
    refusal_zh: str = Field(
        "我不知道：文档里似乎没有这个问题的答案。", description="Text of an abstention to a question in Chinese."
    )


class CompressSection(Section):
    int8: bool = Field(True, description="Quantise to int8 behind the parity gate.")
    tolerance: Annotated[float, Field(ge=0)] = Field(0.5, description="Largest loss of F1, in points.")
    parity_questions: Positive = Field(500, description="Fewest questions the parity gate compares on.")
    parity_limit: Annotated[int, Field(ge=0)] = Field(
        0, description="Most questions the parity gate compares on; 0: all that there are."
    )
    calibration_samples: Annotated[int, Field(ge=0)] = Field(
        100, description="Texts that int8 with fixed ranges is calibrated on; 0: that form is not tried."
    )


class PromoteSection(Section):
    margin: Annotated[float, Field(ge=0)] = Field(2.0, description="Points a release may be worse and still pass.")
    slice_size: Positive = Field(50, description="Slices of this size or more are tested on their own.")


class ServeSection(Section):
    host: str = Field("127.0.0.1", description="Address to listen on; beyond loopback an API key is needed.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8000, description="Port; 0 picks a free one.")
    allowed_hosts: tuple[str, ...] = Field((), description="Host names accepted besides loopback's.")
    queue: Positive = Field(64, description="Questions that may wait; more are refused with 429.")
    batch_window_ms: Annotated[float, Field(ge=0)] = Field(4, description="How long a batch waits for company.")
    timeout_seconds: Positive = Field(30, description="Longest time one question may take.")
    max_upload_mb: Positive = Field(200, description="Largest upload.")


class Config(Section):
    """A workspace's configuration. Every section has defaults, so an empty file is valid."""

    format_version: int = FORMAT_VERSION
    workspace: WorkspaceSection = WorkspaceSection()
    store: StoreSection = StoreSection()
    ingest: IngestSection = IngestSection()
    split: SplitSection = SplitSection()
    train: TrainSection = TrainSection()
    retrieve: RetrieveSection = RetrieveSection()
    read: ReadSection = ReadSection()
    answer: AnswerSection = AnswerSection()
    compress: CompressSection = CompressSection()
    promote: PromoteSection = PromoteSection()
    serve: ServeSection = ServeSection()


def load_config(path: Path) -> Config:
    """Read and check `autogpt.toml`. Raises ConfigError with every problem, NotFoundError without a file."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(
            f"There is no {FILE_NAME} in {path.parent}.", "Create one with: autogpt new FOLDER"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"not valid TOML: {error}"]) from None
    version = raw.get("format_version", FORMAT_VERSION)
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise ConfigError(str(path), [f"format_version: this program reads up to {FORMAT_VERSION}, got {version!r}"])
    return parse_config(raw, str(path))


def parse_config(raw: dict[str, Any], where: str) -> Config:
    """Check raw values. Raises ConfigError that lists every problem with its dotted key."""
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(where, [_problem(one) for one in error.errors()]) from None


def override(config: Config, changes: dict[str, Any], where: str = "The given options") -> Config:
    """A copy of `config` with dotted keys replaced, checked again: `{"train.reader.epochs": 1}`."""
    raw = config.model_dump()
    for dotted, value in changes.items():
        *parents, key = dotted.split(".")
        at = raw
        for parent in parents:
            at = at.setdefault(parent, {})
        at[key] = value
    return parse_config(raw, where)


def _problem(error: Any) -> str:
    """`train.reader.learning_rate: expected > 0, got -1`."""
    key = ".".join(str(part) for part in error["loc"]) or "(the file)"
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key"
    bounds = error.get("ctx") or {}
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    expected = [f"{signs[name]} {bounds[name]:g}" for name in signs if name in bounds]
    if expected:
        return f"{key}: expected {', '.join(expected)}, got {error['input']!r}"
    if "expected" in bounds:
        return f"{key}: expected {bounds['expected']}, got {error['input']!r}"
    if error["type"] == "value_error":
        return f"{key}: {bounds['error']}, got {error['input']!r}"
    return f"{key}: {error['msg'][0].lower()}{error['msg'][1:]}, got {error['input']!r}"
