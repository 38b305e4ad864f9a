"""How long vectors should be when a regression is fitted to them (`autogpt.train.heads.LENGTH`): its penalty is fixed.

In: the folder of data sets. Out: accuracy on training questions of BANKING77 that are not fitted, by examples of each
class and length of the vectors, as a Markdown table. The parts are those of `classifier_heads.py`.

    python benchmarks/head_length.py DATA_FOLDER [--pack en] [--shots 5 10 20 40] [--lengths 1 4 10 20 40]
"""

import argparse
from pathlib import Path

import numpy as np
from cells import markdown
from classifier_heads import parts
from sklearn.linear_model import LogisticRegression

from autogpt.compress.cache import exported_encoder
from autogpt.models.packs import find_pack
from autogpt.retrieve.encoder import Encoder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--pack", default="en", help="model pack whose encoder makes the vectors")
    parser.add_argument("--shots", type=int, nargs="+", default=[5, 10, 20, 40])
    parser.add_argument("--lengths", type=float, nargs="+", default=[1, 4, 10, 20, 40])
    options = parser.parse_args()
    encoder = Encoder(exported_encoder(find_pack(options.pack)))
    lines = []
    for shots in options.shots:
        some = parts(options.data, shots, 1_500, 5)
        vectors, held = (encoder.encode([one.text for one in part], "query") for part in some)
        labels, golds = (np.array([one.labels[0] for one in part]) for part in some)
        found = (
            LogisticRegression(max_iter=1_000).fit(length * vectors, labels).score(length * held, golds)
            for length in options.lengths
        )
        lines.append([shots, *(f"{100 * one:.1f}" for one in found)])
    print(markdown(["examples a class", *(f"length {length:g}" for length in options.lengths)], lines))


if __name__ == "__main__":
    main()
