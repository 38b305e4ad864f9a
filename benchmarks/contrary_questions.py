"""How often two questions are taken for each other's contrary, among pairs that people judged.

In: the folder of data sets. Of pairs that mean the same none should be; of those that do not, whichever differ by a
denial or an antonym alone, which nobody counted. Out: a row a set. Nothing was fitted on these sets.

    python benchmarks/contrary_questions.py DATA_FOLDER [--show]
"""

import argparse
import gzip
import json
import time
from pathlib import Path

from cells import markdown

from autogpt.answer.contrary import asks_contrary

#: Set → its two questions and what says that they mean the same.
SETS = {
    "covid_question_sim_en": ("question_1", "question_2", "similar"),
    "lcqmc_dev": ("a", "b", "label"),
    "afqmc_train": ("a", "b", "label"),
    "xiaobu_dev": ("a", "b", "label"),
    "cblue_sts_train": ("text1", "text2", "label"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--show", action="store_true", help="print the pairs")
    options = parser.parse_args()
    rows = []
    for name, (one, other, same) in SETS.items():
        with gzip.open(options.data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            pairs = [json.loads(line) for line in file]
        began = time.perf_counter()
        found = [pair for pair in pairs if asks_contrary(pair[one], pair[other])]
        spent = 1e6 * (time.perf_counter() - began) / len(pairs)
        alike = [sum(int(pair[same]) for pair in some) for some in (pairs, found)]
        rows.append(
            (name, f"{alike[0]:,}", alike[1], f"{len(pairs) - alike[0]:,}", len(found) - alike[1], f"{spent:.0f}")
        )
        for pair in found if options.show else ():
            print(name, "same" if int(pair[same]) else "other", "|", pair[one], "|", pair[other])
    print(markdown(("set", "same", "called contrary", "not the same", "called contrary", "µs a pair"), rows))


if __name__ == "__main__":
    main()
