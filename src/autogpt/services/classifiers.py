"""Which classifier a release takes, and how a release's classifier routes questions.

In: a store and what somebody named, or a release. Out: the folder of a classifier, or none; a `Router`. Knows nothing
about how classifiers are trained.
"""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autogpt.answer.release import Release
from autogpt.answer.routing import Router, require_classes
from autogpt.classify.card import Card, load_card
from autogpt.classify.classifier import Classifier
from autogpt.errors import DataError
from autogpt.progress import Sink, silent
from autogpt.read.backends.facts import EXPORT_FILE, model_facts
from autogpt.services.bundles import current_version, find_release
from autogpt.services.evaluating_classifier import run_or_folder
from autogpt.store import Store

#: Asks for a release without a classifier.
NONE = "none"


@dataclass(frozen=True, slots=True)
class ClassifierSource:
    """A classifier to release.

    Attributes:
        folder: of a trained classifier or an exported one.
        run: id of the run that trained it, or empty.
        name: what it is, for the manifest: "run 1f…", a folder.
    """

    folder: Path
    run: str
    name: str
    card: Card

    def to_json(self) -> dict[str, Any]:
        """What a release's manifest says of it."""
        scope = self.card.scope
        return {
            "name": self.name,
            "run": self.run,
            "kind": self.card.kind,
            "classes": len(self.card.labels),
            "out_of_scope": {"method": scope.method, **scope.figures} if scope else None,
        }


def classifier_source(store: Store, name: str = "") -> ClassifierSource | None:
    """The classifier called `name`, or None.

    Args:
        name: id of a classifier's run, a folder with a trained or exported classifier, or `none`. Empty takes that of
            the current release, if it has one.

    Raises:
        NotFoundError: there is none of that name.
        UsageError: it cannot route, or `answer.routes` names what is none of its classes.
    """
    if name == NONE:
        return None
    if name:
        run, folder = run_or_folder(store, name)
        source = ClassifierSource(folder, run, f"run {run}" if run else name, load_card(folder)[0])
    else:
        found = _current(store)
        if found is None:
            return None
        source = found
    require_classes(source.card, store.config.answer.routes)
    return source


def _current(store: Store) -> ClassifierSource | None:
    version, release = current_version(store), None
    with suppress(DataError):  # a damaged release has no classifier to keep
        release = find_release(store, version) if version is not None else None
    if release is None or release.classifier is None:
        return None
    about = release.manifest.get("classifier") or {}
    name = about.get("name", f"release {version}")
    return ClassifierSource(release.classifier, about.get("run", ""), name, load_card(release.classifier)[0])


def compress_classifier(source: Path, out: Path, sink: Sink = silent) -> Path:
    """Put an exported classifier in `out`: a trained one is exported now, an exported one copied.

    Raises DataError when `source` holds no classifier.
    """
    if (source / EXPORT_FILE).is_file():
        model_facts(source)
        shutil.copytree(source, out)
        return out
    from autogpt.compress.export import export_classifier

    return export_classifier(source, out, precision="bf16", sink=sink)


def release_router(store: Store, release: Release) -> Router | None:
    """What routes questions before a release answers them; None for one without a classifier.

    Raises UsageError when `answer.routes` names what is none of its classes.
    """
    if release.classifier is None:
        return None
    answer = store.config.answer
    return Router(
        Classifier(release.classifier, store.config.read.backend, store.config.read.threads),
        answer.routes,
        answer.route_confidence,
        refusals={"en": answer.refusal, "zh": answer.refusal_zh},
        handovers={"en": answer.handover, "zh": answer.handover_zh},
    )
