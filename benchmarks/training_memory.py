"""The memory of a training: what is told before it, and what it takes.

    python benchmarks/training_memory.py [--pack en] [--rows 16] [--tokens 320]

In: a pack's reader and the shape of a step, of random tokens. Out: both figures, without the weights, and what the
passes took in what the forward pass keeps. Measured is the growth of this process over three steps of AdamW.
"""

import argparse
import threading

import psutil
import torch

from autogpt.models.packs import find_pack
from autogpt.train.base import load_base
from autogpt.train.memory import needed

#: Rows that the figure is told from, and seconds between two looks at the process.
PROBED, PAUSE = 2, 0.01


class Watch:
    """The most memory that this process has had since it began to watch."""

    def __init__(self) -> None:
        self._process, self._over = psutil.Process(), threading.Event()
        self.first = self.peak = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._over.wait(PAUSE):
            self.peak = max(self.peak, self._process.memory_info().rss)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default="en")
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=320)
    options = parser.parse_args()
    model, _ = load_base(find_pack(options.pack).reader, 0.1)
    model.train()
    tokens = torch.randint(1_000, 20_000, (options.rows, options.tokens))

    def loss(rows: torch.Tensor) -> torch.Tensor:
        found = model(input_ids=rows, attention_mask=torch.ones_like(rows))
        return found.start_logits.logsumexp(-1).mean() + found.end_logits.logsumexp(-1).mean()

    need = needed(model, lambda: loss(tokens[:PROBED]), options.rows / PROBED)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    with Watch() as watch:
        for _ in range(3):
            loss(tokens).backward()
            optimizer.step()
            optimizer.zero_grad()
    taken = watch.peak - watch.first
    print(f"told: {need.further / 1e6:,.0f} MB beside the weights; {need.summary}")
    print(f"taken: {taken / 1e6:,.0f} MB; told / taken {need.further / taken:.2f}")


if __name__ == "__main__":
    main()
