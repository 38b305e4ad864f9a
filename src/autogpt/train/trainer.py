"""Hugging Face `Trainer` with our hooks: pace of the learning rate, validation, progress, going on after a kill, method
of fine-tuning; an objective of ours, regularisers and an order of rows.

In: a model, rows, `TrainingArguments`. Out: a trained model. The loop is Trainer's own. Knows nothing about files of
examples.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import Sampler
from transformers import EarlyStoppingCallback, PrinterCallback, Trainer

from autogpt.config import TrainingSection
from autogpt.errors import DivergedError
from autogpt.models import layout
from autogpt.models.costs import Costs
from autogpt.progress import Progress, Sink
from autogpt.train import processes
from autogpt.train.callbacks import ClockCallback, HistoryCallback, ProgressCallback
from autogpt.train.clock import Clock, drop_broken, last_checkpoint
from autogpt.train.folder import CHECKPOINTS
from autogpt.train.history import HISTORY
from autogpt.train.layer_rates import set_layer_rates
from autogpt.train.memory import Probe, needed, require
from autogpt.train.methods.base import Method
from autogpt.train.objectives.base import Objective
from autogpt.train.regularisers.base import Passes, Regulariser
from autogpt.train.sharding import require_same_form, set_aside, take_back


class Paced:
    """What our trainings share, for a class that also derives from a `Trainer`: the learning rate falls by steps or by
    the clock, whichever is further; validation is a function of the model, and ends the training when it no longer
    gains; a loss must be finite; progress goes to a sink, what is logged to the folder's history.

    Args:
        settings: `section` of the configuration, whose name is for the advice when the loss diverges.
        out: the folder of the training.
        measure: validation metrics of a model, in points, or None.
        score: the validation metric to show.
        speed: what the speed is called, and how much of it a step does: ("tokens_per_second", tokens of a step).
        save_minutes: checkpoints are written at each epoch's end and when so many minutes have passed since the last.
        before: validation metrics of the base, logged as step 0.
        method: what was applied to the model, or None where everything is trained.
        probe: by which the memory is told beforehand; None: it is not told.
    """

    def __init__(
        self,
        *args: Any,
        settings: TrainingSection,
        section: str,
        out: Path,
        sink: Sink,
        measure: Callable[[Any], dict[str, float]] | None,
        score: str,
        speed: tuple[str, float],
        save_minutes: float,
        before: Mapping[str, float] | None = None,
        method: Method | None = None,
        probe: Probe | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._settings = settings
        self._probe = probe
        self._method = method
        self._clock = Clock(settings.max_minutes * 60)
        self._pace = pace(settings.schedule, settings.warmup)
        self._measure = measure
        self._score = score
        self._section = section
        self._out = out
        self._sink = sink
        trainer: Any = self
        trainer.remove_callback(PrinterCallback)  # progress goes to the sink
        trainer.add_callback(HistoryCallback(out / HISTORY, before))
        trainer.add_callback(ProgressCallback(sink, self._clock, (speed[0], speed[1] * processes.count()), score))
        for callback in method.callbacks(self._clock) if method else ():
            trainer.add_callback(callback)  # before the clock, which marks a checkpoint as whole
        trainer.add_callback(ClockCallback(self._clock, save_minutes))
        if measure is not None and settings.patience:
            trainer.add_callback(EarlyStoppingCallback(settings.patience))

    def go_on(self) -> None:
        """Train, from the last whole checkpoint in the folder on where there is one, and note what it cost.

        Raises UsageError before it begins where there is not enough memory, or where the checkpoint is of a divided
        model and the training is not, or the other way round.
        """
        trainer: Any = self
        divided = processes.divide_models()
        if divided:
            parts = f"divided among {processes.count()} processes"
            self._sink(
                Progress("train", message=f"the model is {parts}; what memory that takes is not told beforehand")
            )
        elif self._probe is not None:
            self._look_ahead(trainer.model, self._probe)
        if processes.is_first():
            drop_broken(self._out / CHECKPOINTS)
        processes.wait()
        checkpoint = last_checkpoint(self._out / CHECKPOINTS)
        if checkpoint is not None:
            require_same_form(checkpoint)
            self._clock.load(checkpoint)
            self._sink(Progress("train", message=f"going on from step {checkpoint.name.rpartition('-')[2]}"))
        whole = set_aside(trainer) if divided else None
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        self._require_finite()
        if divided:
            take_back(trainer, whole)
        if not processes.is_first():
            return
        counts = [(one.numel(), one.requires_grad) for one in trainer.model.parameters()]
        Costs(
            seconds=self._clock.used,
            peak_bytes=self._clock.peak,
            parameters=sum(count for count, _ in counts),
            trainable=sum(count for count, trained in counts if trained),
        ).save(self._out)

    def measured(self) -> dict[str, float]:
        """The validation metrics of the epoch whose model is kept, as they were then; empty without a validation."""
        key = f"eval_{self._score}"
        found = [one for one in self.state.log_history if key in one]  # type: ignore[attr-defined]
        best: dict[str, float] = max(found, key=lambda one: one[key], default={})
        return {name.removeprefix("eval_"): value for name, value in best.items() if name.startswith("eval_")}

    def _look_ahead(self, model: Any, probe: Probe) -> None:
        def loss() -> torch.Tensor:
            with self.compute_loss_context_manager():  # type: ignore[attr-defined]
                return probe.loss()

        model.train()
        need = needed(model, loss, probe.times, self._settings.optimizer, probe.checkpointed_layers)
        self._sink(Progress("train", message=f"takes {need.summary}"))
        require(need, self._section, probe.rows, probe.setting)

    def create_optimizer(self, *args: Any, **kwargs: Any) -> torch.optim.Optimizer:
        trainer: Any = self
        known = trainer.optimizer is not None
        made: torch.optim.Optimizer = super().create_optimizer(*args, **kwargs)  # type: ignore[misc]
        if not known:
            set_layer_rates(made, trainer.model, self._settings.layer_decay)
        return made

    def create_scheduler(self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None) -> Any:
        self.lr_scheduler = LambdaLR(
            optimizer or self.optimizer,  # type: ignore[attr-defined]
            lambda step: self._pace(min(1.0, max(step / num_training_steps, self._clock.share))),
        )
        self._created_lr_scheduler = True
        return self.lr_scheduler

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Trainer's own, which looks for the folder of the best epoch before it writes the parts of a divided model."""
        if processes.divide_models():
            step = self.state.global_step  # type: ignore[attr-defined]
            (self._out / CHECKPOINTS / f"checkpoint-{step}").mkdir(parents=True, exist_ok=True)
        super()._save_checkpoint(model, trial)  # type: ignore[misc]

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """The validation metrics as `eval_…`, logged like Trainer's own. Raises DivergedError when the model says what
        is no number.
        """
        assert self._measure is not None
        trainer: Any = self
        self._require_finite()
        try:
            measured = processes.said_by_first(self._measure(trainer.model))
        except FloatingPointError:
            measured = {}
        if not measured or not all(map(math.isfinite, measured.values())):
            setting, rate = self.lower_rate()
            raise DivergedError(
                f"The training has diverged: what it says of the validation part at step {trainer.state.global_step} "
                "is no number.",
                f"Lower {setting}, for example to {rate:.0e}, and train anew.",
            )
        metrics = {f"eval_{name}": value for name, value in measured.items()}
        trainer.log(metrics)
        trainer.control = trainer.callback_handler.on_evaluate(trainer.args, trainer.state, trainer.control, metrics)
        return metrics

    def penalised(self, loss: torch.Tensor) -> torch.Tensor:
        """`loss` with what the method of fine-tuning adds to it. Raises DivergedError when it is no finite number."""
        penalty = self._method.penalty() if self._method else None
        return self.finite(loss if penalty is None else loss + penalty)

    def finite(self, loss: torch.Tensor) -> torch.Tensor:
        """`loss`. Raises DivergedError when it is no finite number."""
        if not torch.isfinite(loss):
            step = self.state.global_step + 1  # type: ignore[attr-defined]
            setting, rate = self.lower_rate()
            raise DivergedError(
                f"The training has diverged: its loss is {loss.item()} at step {step}.",
                f"Lower {setting}, for example to {rate:.0e}, and train anew.",
            )
        return loss

    def lower_rate(self) -> tuple[str, float]:
        """The setting of the learning rate, and a third of what it is."""
        return f"{self._section}.learning_rate", self._settings.peak_rate / 3

    def _require_finite(self) -> None:
        """Raises DivergedError when the last step has left a model whose loss is no finite number. The chance of what
        follows stays as it was.
        """
        if self._probe is None or processes.divide_models():
            return
        devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
        context = self.compute_loss_context_manager()  # type: ignore[attr-defined]
        with torch.random.fork_rng(devices), torch.no_grad(), context:
            self.finite(self._probe.loss())


class SentencePaced(Paced):
    """The same for a trainer of sentence-transformers, without its model cards. All weights are those of the first
    module.
    """

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        """Raises DivergedError when the loss is no finite number."""
        found = super().compute_loss(*args, **kwargs)  # type: ignore[misc]
        if isinstance(found, tuple):
            return self.penalised(found[0]), *found[1:]
        return self.penalised(found)

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """None: it would tokenise the whole data for statistics."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        trainer: Any = self
        trainer.model.save_pretrained(output_dir or trainer.args.output_dir, create_model_card=False)

    def _load_from_checkpoint(self, resume_from_checkpoint: str) -> None:
        """Into the model as it is, with what a method of fine-tuning has added; sentence-transformers would open one
        without.
        """
        trainer: Any = self
        weights = load_file(Path(resume_from_checkpoint) / layout.WEIGHTS)
        trainer.model[0].model.load_state_dict(weights, strict=False)


class ObjectiveTrainer(Paced, Trainer):  # type: ignore[misc]
    """Minimises `objective`.

    Args:
        objective: an entry of `train.objectives`, opened.
        regularisers: of `train.regularisers`, opened; the first stands next to the objective.
        order: sampler of the training rows, or None for any order.
        longest: some of the longest training rows, by which the memory is told beforehand; none: it is not told.
        kwargs: those of `Paced` and of Trainer.
    """

    #: `objective` gives the mean of its batch; Trainer divides it by the number of accumulated batches.
    loss_is_scaled_for_ga = False

    def __init__(
        self,
        *args: Any,
        objective: Objective,
        regularisers: Sequence[Regulariser] = (),
        order: Sampler[int] | None = None,
        longest: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if longest:
            self._probe = self._probe_of(longest)
        for regulariser in regularisers:
            objective = regulariser.wrap(objective, self.model)
        self._objective = objective
        self._regularisers = regularisers
        self._order = order

    def _probe_of(self, longest: Sequence[Any]) -> Probe:
        def loss() -> torch.Tensor:
            inputs = self._prepare_inputs(self.data_collator(list(longest)))
            found: torch.Tensor = self.compute_loss(self.model, inputs)
            return found

        rows = self.args.per_device_train_batch_size
        layers = self.model.config.num_hidden_layers if self.args.activation_checkpointing else 0
        return Probe(loss, rows / len(longest), rows, checkpointed_layers=layers)

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Raises DivergedError when the loss is no finite number."""
        loss = self.penalised(self._objective(model, inputs))
        return (loss, {}) if return_outputs else loss

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """Trainer's own, which a regulariser may ask for more than once."""
        inside = self.accelerator.unwrap_model(model)

        def loss() -> torch.Tensor:
            with self.compute_loss_context_manager():
                found: torch.Tensor = self.compute_loss(inside, self._prepare_inputs(inputs))
            return found

        learn: Callable[[], torch.Tensor] = partial(super().training_step, model, inputs, num_items_in_batch)
        for regulariser in self._regularisers:
            learn = partial(regulariser.step, Passes(inside, learn, loss))
        return learn()

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self._order if self._order is not None else super()._get_train_sampler(train_dataset)


def pace(schedule: str, warmup: float) -> Callable[[float], float]:
    """Share of the peak learning rate (0 to 1) by share of the training done (0 to 1)."""

    def at(done: float) -> float:
        if done < warmup:
            return max(done / warmup, 1e-3)
        left = (1 - done) / max(1 - warmup, 1e-9)
        return {"linear": left, "cosine": (1 - math.cos(math.pi * left)) / 2, "constant": 1.0}[schedule]

    return at
