"""What has to be known of a model before it runs: its task, padding, window limit, inputs.

In: a model folder, exported (`export.json`) or as trained (`config.json`). Out: `ModelFacts`. Loads no model.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from autogpt.errors import DataError, NotFoundError
from autogpt.models import layout
from autogpt.read.backends.prompt import read_prompt

TaskName = Literal["reader", "encoder", "reranker", "classifier"]

#: Describes an exported model; a trained one has a `config.json` instead.
EXPORT_FILE = "export.json"
CONFIG_FILE = layout.CONFIG
TOKENIZER_FILE = layout.TOKENIZER
CALIBRATION_FILE = layout.CALIBRATION
PROMPTS_FILE = layout.PROMPTS
FAQ_FILE = layout.FAQ
CLASSIFIER_FILE = layout.CLASSIFIER
CLASSIFIER_ARRAYS_FILE = layout.CLASSIFIER_ARRAYS
#: Entry of a `config.json` in which a training leaves the length of its longest rows.
TRAINED_TOKENS = "trained_tokens"
#: File that each backend looks for in a model folder.
MODEL_FILES = {"openvino": "model.xml", "onnx": "model.onnx", "torch": layout.WEIGHTS}
#: Ends of architectures' names, and what such models are for; all others are encoders.
_TASKS: dict[str, TaskName] = {"ForQuestionAnswering": "reader", "ForSequenceClassification": "reranker"}


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Attributes of a model that its runner and its tokenisation need.

    Attributes:
        task: "reader" gives start and end logits, "encoder" one normalised vector a text, "reranker" one logit a pair
            of texts, "classifier" logits and one vector a text.
        pad_id: id that padding must have (RoBERTa derives positions from it).
        max_tokens: longest row the position embeddings allow.
        inputs: names of the inputs the model takes, in order.
        precision: "fp32", "bf16" (what the processor is to compute in; weights are whole), "int8" or "int8-dynamic".
        trained_tokens: longest row that the model was trained on; None where its training did not say.
    """

    task: TaskName
    pad_id: int
    max_tokens: int
    inputs: tuple[str, ...]
    precision: str = "fp32"
    trained_tokens: int | None = None


def model_facts(folder: Path) -> ModelFacts:
    """Read the facts of the model in `folder`.

    Raises NotFoundError when it is no model folder, DataError when its description cannot be read.
    """
    exported, trained = folder / EXPORT_FILE, folder / CONFIG_FILE
    try:
        if exported.is_file():
            about = json.loads(exported.read_text(encoding="utf-8"))["model"]
            return ModelFacts(
                about["task"],
                about["pad_id"],
                about["max_tokens"],
                tuple(about["inputs"]),
                about["precision"],
                about.get(TRAINED_TOKENS),
            )
        if trained.is_file():
            facts = facts_of_config(json.loads(trained.read_text(encoding="utf-8")))
            return replace(facts, task="classifier") if _is_labelled(folder, facts) else facts
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"The description of the model in {folder} cannot be read: {error!r}.", "Export or train it again."
        ) from None
    raise NotFoundError(
        f"{folder} is not a model folder: it has neither {EXPORT_FILE} nor {CONFIG_FILE}.",
        "Name the folder that training or compressing wrote.",
    )


def _is_labelled(folder: Path, facts: ModelFacts) -> bool:
    """Whether a model of another task is a classifier: one with labels, or a language model that is asked for them."""
    return (folder / CLASSIFIER_FILE).is_file() and (facts.task == "reranker" or read_prompt(folder) is not None)


def facts_of_config(config: dict[str, Any]) -> ModelFacts:
    """Facts from a Hugging Face `config.json`, already parsed."""
    architecture = (config.get("architectures") or [""])[0]
    task: TaskName = next((task for ending, task in _TASKS.items() if architecture.endswith(ending)), "encoder")
    # GPT-2 has no padding token and masks what follows; any id will do.
    pad_id = config.get("pad_token_id")
    limit = config.get("max_position_embeddings") or config.get("n_positions") or 512
    # RoBERTa and its relatives count positions from the padding id + 1.
    if config.get("model_type") in {"roberta", "xlm-roberta", "camembert", "longformer", "mpnet"}:
        limit -= (pad_id if pad_id is not None else 1) + 1
    inputs: tuple[str, ...] = ("input_ids", "attention_mask")
    if config.get("type_vocab_size", 0) >= 2:
        inputs += ("token_type_ids",)
    return ModelFacts(task, int(pad_id or 0), int(limit), inputs, trained_tokens=config.get(TRAINED_TOKENS))
