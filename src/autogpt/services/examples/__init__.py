"""Examples of a workspace: bring them in, look at them, check and divide them, give them to a reader, take them out."""

from autogpt.services.examples.anchoring import ReanchorReport, reanchor
from autogpt.services.examples.augmenting import AugmentReport, Recipe, Translation, augment_files, augment_workspace
from autogpt.services.examples.checking import CheckReport, check_examples
from autogpt.services.examples.classes import classifier_examples
from autogpt.services.examples.editing import Edited, change_example, create_example, find_example, set_status, undo
from autogpt.services.examples.exporting import ExportReport, export_examples
from autogpt.services.examples.findings import Finding
from autogpt.services.examples.import_report import ImportReport, Refused
from autogpt.services.examples.importing import import_examples
from autogpt.services.examples.listing import ListedExample, list_examples
from autogpt.services.examples.reading import reader_examples
from autogpt.services.examples.splitting import SplitReport, split_examples
from autogpt.services.examples.written import Written

__all__ = [
    "AugmentReport",
    "CheckReport",
    "Edited",
    "ExportReport",
    "Finding",
    "ImportReport",
    "ListedExample",
    "ReanchorReport",
    "Recipe",
    "Refused",
    "SplitReport",
    "Translation",
    "Written",
    "augment_files",
    "augment_workspace",
    "change_example",
    "check_examples",
    "classifier_examples",
    "create_example",
    "export_examples",
    "find_example",
    "import_examples",
    "list_examples",
    "reader_examples",
    "reanchor",
    "set_status",
    "split_examples",
    "undo",
]
