"""The sections of the configuration, but for those of trainings.

In: values of a TOML table. Out: a frozen section. Knows nothing about what the stages do with their values.
"""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from autogpt.config.base import Fraction, Positive, Section

GLOSSARY_FILE = "glossary.txt"


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
    threshold: Fraction = Field(0, description="Confidence from which is answered; 0: the one that the release brings.")
    max_question_characters: Positive = Field(2_000, description="Longer questions are refused.")
    refusal: str = Field(
        "I don't know: the documents do not seem to answer this.", description="Text of an abstention."
    )
    refusal_zh: str = Field(
        "我不知道：文档里似乎没有这个问题的答案。", description="Text of an abstention to a question in Chinese."
    )
    routes: dict[str, str] = Field(
        {}, description="By class of the release's classifier: answer, refuse, handover, or a text that is given."
    )
    route_confidence: Fraction = Field(0.5, description="Lowest probability of a class whose route is taken.")
    handover: str = Field("A person will answer this question.", description="Text of a handover to a person.")
    handover_zh: str = Field("这个问题将由人工回答。", description="The same to a question in Chinese.")


class ComposeSection(Section):
    kind: Literal["", "endpoint", "local"] = Field(
        "", description="Who may word an answer: endpoint, local, or nobody. What is not supported is not shown."
    )
    endpoint: str = Field(
        "",
        validate_default=True,
        description="URL of a server with OpenAI's /v1/chat/completions, for kind endpoint. It is sent passages.",
    )
    model: str = Field(
        "",
        validate_default=True,
        description="Name of the endpoint's model; for kind local a run of autogpt train generator, a folder of "
        "weights or a GGUF file.",
    )
    api_key_env: str = Field(
        "",
        pattern=r"^[A-Za-z_0-9]*$",
        description="Environment variable that holds the endpoint's key, if it wants one.",
    )
    timeout_seconds: Positive = Field(20, description="Longest time for composing one answer; then the span is given.")
    max_tokens: Positive = Field(200, description="Longest composed answer.")
    max_characters: Positive = Field(4_000, description="Length of the passages it is composed from, in code points.")

    @field_validator("endpoint")
    @classmethod
    def _an_address(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            if info.data.get("kind") == "endpoint":
                raise ValueError("expected a URL such as http://127.0.0.1:8080")
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("expected a URL that begins with http:// or https://")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("expected a URL without user, password and query; the key goes into api_key_env")
        return value

    @field_validator("model")
    @classmethod
    def _named(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("kind"):
            raise ValueError("expected the name of a model, or its folder")
        return value


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
    host: str = Field("127.0.0.1", description="Address to listen on; beyond loopback people have to sign in.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8000, description="Port; 0 picks a free one.")
    allowed_hosts: tuple[str, ...] = Field((), description="Host names accepted besides loopback's.")
    queue: Positive = Field(64, description="Questions that may wait; more are refused with 429.")
    batch_window_ms: Annotated[float, Field(ge=0)] = Field(4, description="How long a batch waits for company.")
    timeout_seconds: Positive = Field(30, description="Longest time one question may take.")
    max_upload_mb: Positive = Field(200, description="Largest upload.")


class JobsSection(Section):
    heavy: Positive = Field(
        1, description="Trainings, comparisons and makings of releases at once; two trainings still take turns."
    )
    light: Positive = Field(
        1,
        description="All other jobs at once, beside them; with several a later one may overtake an earlier one.",
    )
    cores: Annotated[int, Field(ge=0)] = Field(
        0, description="Cores a job may use; 0: all but a quarter, which answering keeps, and of two both."
    )
