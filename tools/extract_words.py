"""Brings the catalogues of the pages up to date: every word of templates and modules, with what it is in each language.

    python tools/extract_words.py

Two catalogues: `pages.po`, what pages say, and `errors.po`, the sentences of errors as they stand in the source.
New words stand there without a translation, which the tests find; what no page says any more is dropped. Comments say
where words come from; the lines of them are left out, so that a change elsewhere changes no catalogue.
"""

import ast
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from autogpt.metrics.learning import WORDS
from autogpt.services import comparing_classifiers, comparing_generators, comparing_language_models
from autogpt.services.activity import SHOWN
from autogpt.services.annotating.assigning import DONE, OPEN, SETTLED
from autogpt.services.ingest_status import STATES
from autogpt.services.jobs import FINISHED, KINDS
from autogpt.services.people import Role
from autogpt.services.requested import TRAININGS, section_of
from autogpt.services.reviewing.deciding import ACTIONS as DECISIONS
from autogpt.services.training_data import REASONS
from autogpt.train.history import SCORES
from autogpt.web import measured_words
from autogpt.web.chosen_examples import SOURCES
from autogpt.web.errors import HINTS
from autogpt.web.routes.activity_pages import PLACES
from autogpt.web.routes.data_set_pages import FORMATS
from autogpt.web.settings_form import FIRST, has_field
from autogpt.web.translations import FOLDER, LANGUAGES

WEB = FOLDER.parent
SOURCE = WEB.parent
METHODS = [("templates/**.html", "jinja2.ext:babel_extract"), ("static/js/**.js", "javascript")]
OPTIONS = {
    "templates/**.html": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true"},
    "static/js/**.js": {"parse_template_string": "true"},
}
#: What people do, and what they change by it, as events call it.
ACTIONS = (
    *("add", "change", "remove", "undo", "set labels", "reparse", "set role", "set password", "disable", "enable"),
    *("assign", "finish", "reopen", "settle", "create", "accept", "reject", "suggest", "import", "split"),
    *("open", "seal", "promote", "rollback", "thumb", "send to review", "add phrasing", "remove phrasing", *DECISIONS),
    *("cancel", "dismiss"),
)
VALUES = (*sorted({key for keys in SHOWN.values() for key in keys}), "up", "down")
#: How a reader is wrong, and slices with their values, as the reports call them.
MISSES = ("answered the unanswerable", "partly right", "wrong", "abstained, was right", "abstained, was wrong")
SLICES = (
    *("question word", "answer length", "document", "other", "none"),
    *("who", "whose", "what", "when", "where", "which", "why", "how", "how many"),
    *("1-2 words", "3-5 words", "6-10 words", "11-25 words", "over 25 words"),
)
#: Template → what it shows by the name that it has in the records: roles, kinds and states, verdicts, facts.
NAMES = {
    "activity": [*PLACES, *ACTIONS, *VALUES, "yes", "no"],
    "annotate": [OPEN, DONE, SETTLED],
    "people": [role.value for role in Role],
    "jobs": [*KINDS, "queued", "running", *sorted(FINISHED), "run", "version"],
    "job": [*STATES],
    "document-about": ["add", "change", "remove", "set labels", "reparse"],
    "releases": ["promote", "rollback", "better", "equal", "worse", "unproven"],
    "release": [
        *("answerable", "reader", "precision", "compression", "encoder", "reranker", "classifier", "threshold"),
        "validation questions",
    ],
    "datasets": [
        *("accepted", "suggested", "rejected", "stale", "train", "validation", "test", "none"),
        *("extractive", "classify", "English", "Chinese", "unknown"),
        *FORMATS.values(),
        *("import", "split", "open", "seal", "undo"),
    ],
    "examples": ["yes", "no"],
    "example": ["create", "change", "accept", "reject", "suggest", "undo", "question", "status", "spans", "phrasings"],
    "findings": [
        *("another answer", "answered", "unanswered", "another class", "error", "warning"),
        *("empty question", "no answer", "old version", "wrong offset", "no such text", "contradiction", "duplicate"),
        *("leakage", "balance", "no split", "one class", "rare class", "no class", "duplicate labels", "stale"),
    ],
    "train": [*TRAININGS, *measured_words.METHODS, *SCORES.values(), "stopped"],
    "run": [*WORDS.values()],
    "run_live": ["tokens", "texts", "pairs"],
    "runs_compared": [
        *("the validation part", comparing_language_models.UNREAD, "first", "better", "worse", "no difference shown"),
        *(
            *set(comparing_classifiers.MEASURES.values()),
            comparing_generators.MEASURE,
            comparing_language_models.MEASURE,
        ),
    ],
    "new_training": [
        *(*measured_words.KINDS.values(), *measured_words.METHODS.values(), *REASONS.values(), "true", "false"),
        *(*SOURCES.values(), "heading", "table", "definition", "quantity", "faq", "model"),
        *("synonyms", "typos", "paraphrase", "entities"),
        *{
            about.description
            for what in TRAININGS
            for key, about in section_of(what).model_fields.items()
            if about.description and key not in FIRST and has_field(about)
        },
    ],
    "evaluation": [
        *("F1", "exact match", "answered", "right, of those answered", "refused rightly", "validation", "test"),
        *("retrieval", "reading", "threshold", "faq", *MISSES, *SLICES),
    ],
    "evaluations_compared": ["overall", *measured_words.MEASURES.values()],
}
#: Modules whose errors people meet on the pages, and sentences that are said otherwise.
SAYING = [
    *("web/access.py", "web/admission.py", "web/engine.py", "web/gate.py", "web/questions.py", "web/uploads.py"),
    *("web/routes/*.py", "services/people.py", "services/sign_in.py", "services/jobs.py", "services/failures.py"),
    *("services/reviewing/*.py", "services/vetted.py", "services/examples/written.py", "services/feedback.py"),
    *("services/document*.py", "services/drawn_pages.py", "services/faq_files.py", "services/bundles.py"),
    *("services/releas*.py", "store/locks.py", "answer/pipeline.py", "retrieve/retriever.py", "prepare/sandbox.py"),
    *("services/trainings.py", "services/gold_sets.py", "services/evaluations.py", "services/requested.py"),
    *("prepare/fetch.py", "prepare/network.py", "prepare/folders.py", "prepare/sources/[!w]*.py"),
    *("services/annotating/*.py", "services/comparing*.py", "services/contenders.py", "services/examples/chosen.py"),
    *("services/evaluating.py", "services/reader_data.py", "services/training_reader.py", "services/training_data.py"),
    *("services/training_files.py", "services/retriever_data.py", "services/reranker_data.py", "services/runs.py"),
    *("train/trainer.py", "train/memory.py", "train/folder.py", "train/labelling.py", "train/base.py"),
    *("services/settings.py", "services/examples/sealing.py", "services/examples/incoming.py"),
    *("services/examples/importing.py", "services/examples/exporting.py", "services/examples/splitting.py"),
    *("services/examples/editing.py", "services/examples/contexts.py", "services/examples/doubts.py"),
    *("services/examples/undoing.py", "services/events.py", "services/activity.py", "services/removed.py"),
    "annotate/formats/[!h]*.py",
]
#: What is said of rows of files and of examples, which is no error.
REMARKS = [
    *("{stated} is {here} here, '{answer}'.", "{stated} is not where '{answer}' stands."),
    *("It counts UTF-16 units.", "It counts line ends as one character.", "It counts grapheme clusters."),
    *("It counts UTF-16 units, and line ends as one.", "White space at its ends was left out."),
    *("Its end is its last character.", "Its end is the character after it."),
    *("Its offsets are beyond the end of the text.", "Its offsets lead elsewhere, so its text was looked for."),
    "'{answer}' is placed in another form of the text, so it was looked for.",
    *("'{answer}' stands at {here}, not at {start}.", "'{answer}' stands at {here}, not at {start}"),
    "{count} annotators do not agree: what any of them marked is taken.",
    *("it has no text", "its annotator skipped it", "nobody has annotated it", "nobody has labelled it"),
    "it has no question: nothing is marked with one, and no field holds one",
    *("it is marked as answerable and has no answer", "its data row holds no text (row_data)"),
    "its text lies elsewhere: only its address is in the file",
    *("it is in no form that can be read ({error})", "its labels are in no form that can be read ({error})"),
    "the label '{label}' is no question, and no field 'question' is beside it",
    *("the question is empty", "'{answer}' is not in its document"),
    "its document has changed or was removed since (autogpt ingest brings it up to date)",
    "'{question}' is answerable and unanswerable in the same document",
    "'{question}' has answers in the same document that share no character",
    "'{question}' is asked of the same document again",
    "{key} is in {parts}: split again with autogpt examples split --force",
    "there is no accepted example: import some with autogpt examples import FILE",
    *("{without} of {all} examples are in no part: autogpt examples split", "'{question}' is labelled {stated}"),
    "the {part} part has {held} examples: fewer than {few} say little",
    "{share} of the {part} part is unanswerable: a reader learns little about when to abstain",
    "{count} examples are stale: the text of their answer is gone from their document",
    "all labelled questions are of the class '{name}': nothing can be told apart",
    "the class '{label}' has one example: it can be trained on, or measured, not both",
    "{count} labelled questions have no class: fine with several labels, wrong with one each",
    "{without} of {all} labelled questions are in no part: autogpt examples split",
    "these are likely one class, spelt in several ways: {listed}",
    *("expected {least}, got {given}", "It is in the sealed test part."),
    "input should be a valid number, unable to parse string as a number, got {given}",
    "input should be a valid integer, unable to parse string as an integer, got {given}",
    "input should be a valid boolean, unable to interpret input, got {given}",
    "a generator has to be started from a model that writes text",
    *("Tick at least one.", "A training on what is new since a training goes on from it: choose no other base."),
    "The reranker was skipped: over its budget of {limit} ms.",
    "The reranker judged {judged} of {wanted} passages: over its budget of {limit} ms.",
    "The composed answer was not used: {why}",
    "In {count} of {all} answers: The reranker was skipped: over its budget of {limit} ms.",
    "In {count} of {all} answers: The reranker judged {judged} of {wanted} passages: over its budget of {limit} ms.",
    "In {count} of {all} answers: The composed answer was not used: {why}",
    "Release '{version}' was not promoted: {verdict} against '{against}'.",
    "The verdict is kept with the release.",
    "It can be promoted by force all the same; the audit trail will say so.",
    *("There are no validation examples to compare on.", "There are no questions to compare on."),
    "F1 {before} before and {after} after on {questions} questions; "
    "the difference is above {lower} with 95% confidence.",
    "It must be above {margin} to pass: more questions would tell.",
    "Slice {slice} = {which} is worse: F1 {before} before, {after} after on {questions} questions.",
    "Slice {slice} = {which} may be worse by {margin} points: "
    "F1 {before} before, {after} after on {questions} questions.",
]
BESIDES = [
    *("Not Found.", "Method Not Allowed.", "The request is not valid: {problems}.", "Its text can still be read."),
    *("Try again in {seconds} s.", "It was cancelled.", "Its last good version stays.", "Images are not read."),
]
KEYWORDS = {"_": None, "t": None, "gettext": None, "ngettext": (1, 2)}


def found(language: str) -> Catalog:
    """All words of the pages, without translations."""
    made = Catalog(locale=language)
    for file, _, words, _, context in extract_from_dir(WEB, METHODS, OPTIONS, KEYWORDS):
        made.add(words, locations=[(Path(file).as_posix(), 0)], context=context)
    for template, names in NAMES.items():
        for name in names:
            made.add(name, locations=[(f"templates/{template}.html", 0)])
    return made


def errors(language: str) -> Catalog:
    """The sentences that `SAYING` raises errors with, without translations: `There is no page {number}.`"""
    made = Catalog(locale=language)
    for pattern in SAYING:
        for path in sorted(SOURCE.glob(pattern)):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _called(node.func).endswith(("Error", "_refuse")):
                    for words in filter(None, map(_template, node.args)):
                        made.add(words, locations=[(path.relative_to(SOURCE).as_posix(), 0)])
    for words in (*HINTS.values(), *BESIDES, *REMARKS):
        made.add(words, locations=[("web/errors.py", 0)])
    return made


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _template(node: ast.expr) -> str:
    """A sentence, each value of it as the name that it has in the source; empty for what is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if " " in node.value.strip() else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts: list[str] = []
    for one in node.values:
        if isinstance(one, ast.Constant):
            parts.append(str(one.value))
        elif isinstance(one, ast.FormattedValue):
            inside = [part for part in ast.walk(one.value) if isinstance(part, (ast.Attribute, ast.Name))]
            name = _called(inside[0]) if inside else "value"
            parts.append("{" + name + str(sum(part.startswith("{" + name) for part in parts) or "") + "}")
    return "".join(parts) if any(" " in part for part in parts) else ""


def updated(language: str, name: str, made: Catalog) -> Catalog:
    """The words of now, with the translations that are known."""
    path = FOLDER / language / name
    if path.is_file():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
        for message in made:
            if message.id and (kept := known.get(message.id)):
                message.string = kept.string
    return made


def main() -> None:
    for language in LANGUAGES:
        if language == "en":
            continue
        for name, words in (("pages.po", found(language)), ("errors.po", errors(language))):
            made = updated(language, name, words)
            path = FOLDER / language / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, made, width=120, sort_output=True, include_lineno=False, omit_header=True)
            missing = [message.id for message in made if message.id and not message.string]
            print(f"{path.relative_to(WEB)}: {len(made)} words, {len(missing)} without a translation")


if __name__ == "__main__":
    main()
