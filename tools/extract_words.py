"""Brings the catalogues of the pages up to date: every word of templates and modules, with what it is in each language.

    python tools/extract_words.py

Two catalogues: `pages.po`, what pages say, and `errors.po`, the sentences of errors as they stand in the source.
New words stand there without a translation, which the tests find; what no page says any more is dropped. Comments say
where words come from; the lines of them are left out, so that a change elsewhere changes no catalogue.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from autogpt.cli import COMMANDS
from autogpt.metrics.learning import WORDS
from autogpt.models.catalogue import list_models
from autogpt.prepare.augment import AUGMENTERS
from autogpt.services import comparing_classifiers, comparing_generators, comparing_language_models
from autogpt.services.activity import SHOWN
from autogpt.services.annotating.assigning import DONE, SETTLED
from autogpt.services.ingest_status import STATES
from autogpt.services.jobs import FINISHED, KINDS
from autogpt.services.people import Role
from autogpt.services.requested import TRAININGS, section_of
from autogpt.services.reviewing.deciding import ACTIONS as DECISIONS
from autogpt.services.training_data import REASONS
from autogpt.services.trainings import TRAINING_PART, VALIDATION_PART
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
    "annotate": [DONE, SETTLED],
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
    "example": [
        "create",
        "change",
        "accept",
        "reject",
        "suggest",
        "undo",
        "question",
        "status",
        "spans",
        "phrasings",
        "annotate",
        "suggested",
        "confirmed",
        "augmented",
        "import",
        "review",
        "faq",
        "heading",
        "table",
        "definition",
        "quantity",
        "model",
        *AUGMENTERS,
    ],
    "findings": [
        *("another answer", "answered", "unanswered", "another class", "error", "warning"),
        *("empty question", "no answer", "old version", "wrong offset", "no such text", "contradiction", "duplicate"),
        *("leakage", "balance", "no split", "one class", "rare class", "no class", "duplicate labels", "stale"),
    ],
    "train": [*TRAININGS, "pack", *measured_words.METHODS, *SCORES.values(), "stopped"],
    "run": [*WORDS.values(), *measured_words.FIGURES.values(), measured_words.BEFORE],
    "run_live": ["tokens", "texts", "pairs", TRAINING_PART, VALIDATION_PART],
    "runs_compared": [
        *("the validation part", comparing_language_models.UNREAD, "first", "better", "worse", "no difference shown"),
        *(
            *set(comparing_classifiers.MEASURES.values()),
            comparing_generators.MEASURE,
            comparing_language_models.MEASURE,
        ),
        *("F1", "F1, never abstaining", "accuracy", "nDCG@10"),
    ],
    "new_training": [
        *{one.note for one in list_models() if one.note},
        *("a reader already", "encoder only"),
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
#: Modules whose errors nobody meets on a page: commands, what looks the installation over, the start of a server.
NOT_SAID = (
    *("cli/", "config/", "monitor/", "services/doctor/", "web/auth.py", "web/listening.py", "web/server.py"),
    *("__init__.py", "lean_imports.py", "workspace.py", "services/workspaces.py", "annotate/formats/hub.py"),
    *("evaluate/compare.py", "evaluate/results.py", "evaluate/slices.py", "services/averaging.py", "train/soup.py"),
    *("train/translate.py", "prepare/augment/endpoint.py"),
)
#: Faults of ours, which say nothing to people.
FAULTS = frozenset({"AssertionError", "AttributeError", "ModuleNotFoundError", "RuntimeError"})
#: Where what is typed, or stands in a file, is checked: there a ValueError says what is wrong with it.
CHECKING = ("annotate/formats/", "prepare/", "services/settings.py")
#: What says something to people besides errors: how far work is, and why a job did not end.
TELLING = frozenset({"Progress", "fail", "put_back", "release_claim"})
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
    *("it is in no form that can be read", "it is in no form that can be read ({error})"),
    "its labels are in no form that can be read ({error})",
    "the label '{label}' is no question, and no field 'question' is beside it",
    *("the question is empty", "'{answer}' is not in its document"),
    "'{question}' is answerable and unanswerable in the same document",
    "'{question}' has answers in the same document that share no character",
    "'{question}' is asked of the same document again",
    "'{question}' is labelled {stated}",
    "the {part} part has {held} examples: fewer than {few} say little",
    "{share} of the {part} part is unanswerable: a reader learns little about when to abstain",
    "{count} examples are stale: the text of their answer is gone from their document",
    "all labelled questions are of the class '{name}': nothing can be told apart",
    "the class '{label}' has one example: it can be trained on, or measured, not both",
    "{count} labelled questions have no class: fine with several labels, wrong with one each",
    "these are likely one class, spelt in several ways: {listed}",
    *("expected {least}, got {given}", "It is in the sealed test part."),
    "input should be a valid number, unable to parse string as a number, got {given}",
    "input should be a valid integer, unable to parse string as an integer, got {given}",
    "input should be a valid boolean, unable to interpret input, got {given}",
    "a generator has to be started from a model that writes text",
    *("Tick at least one.", "A training on what is new since a training goes on from it: choose no other base."),
    "The glossary has changed since the index was made.",
    *("document {word}", "cluster {word}", "question '{asked}'"),
    "The question seems to be about none of the topics that are answered here.",
    "Questions about {listed} are not answered here.",
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
#: What jobs say that they have done, and of what they are made: clause by clause, numbers as `{n}`.
SUMMARIES = [
    "{n} passages are in the index",
    *("{n} findings", "{n} of them errors", "{n} of {n1} examples are contradicted"),
    *("{n} examples removed", "{n} restored", "{n} kept", "which were changed since"),
    "{n} documents removed that nothing is asked about any more",
    *(
        f"{before}{{n}} {what}"
        for before in ("", "{source}: ")
        for what in ("added", "updated", "unchanged", "refused")
    ),
    *("{n} duplicates passed over", "{source}: {n} duplicates passed over", "{source}: no examples"),
    # What was trained, on what.
    *(
        f"run {{id}}: trained{part} on {what}"
        for part in ("", " {n9}% of {n8} M parameters")
        for what in ("{n} questions", "{n} pairs", "{n} texts of {n1} classes", "{n} tokens of {n1} documents")
    ),
    *("the best of {n} trials", "{n} of them replayed", "{n} seeds averaged", "nothing to validate on"),
    *("so nothing tells what is out of scope", "drawn together by class", "asked by a prompt"),
    *("and on {n} that it labelled itself", "with a new head for words", "{n} documents with access labels left out"),
    "{n} vetted answers left out to fit releases to",
    # How good it is.
    "on {n} validation questions F1 {n1}",
    *("exact match {n}", "nDCG@10 {n} (before: {n1})", "nDCG@10 {n} (search alone: {n1})"),
    "on {n} validation questions recall@10 {n1} (before: {n2})",
    "on {n} validation questions recall@1 {n1} (search alone: {n2})",
    "on {n} validation questions it adds nothing to the search (nDCG@10 {n1})",
    "on {n} validation questions probability of a right token {n1} → {n2}%",
    "answers that pass the check {n} → {n1}%",
    "on {n} other documents perplexity {n1} (before: {n2})",
    *("{n}% of words that were left out told (before: {n1}%)", "{n}% of next tokens told (before: {n1}%)"),
    *(
        f"on {{n}} validation texts {what} {{n1}}{alone}"
        for what in ("accuracy", "F1 of yes", "F1 over all labels", "mean F1 of the classes", "rank correlation")
        for alone in ("", " (by the fitted head alone {n2})")
    ),
    *(f"{{kind}} to {format} {{precision}}" for format in ("openvino", "onnx")),
    # What a release serves.
    *("{precision} answers worse", "{precision} could not be shown to answer as well"),
    "{precision} could not be checked: too few questions",
    *("the whole model is served", "{n} of the size", "{n} times as fast as PyTorch"),
    "F1 {n} (at least {n1}) on {n2} questions",
    "about {size} of memory (weights {size1}, gradients {size2}, optimiser {size3}, activations {size4})",
    "takes about {size} of memory (weights {size1}, gradients {size2}, optimiser {size3}, activations {size4})",
    *("Scored by {rules}; spans and confidence by the release", "SQuAD 2.0", "CMRC 2018 (by character)"),
    *(
        f"SQuAD 2.0 ({{n}} {one}) and CMRC 2018 (by character) ({{n1}} {other})"
        for one in ("answer", "answers")
        for other in ("answer", "answers")
    ),
    # What was left out of a document.
    "{n} of {n1} pages are damaged and left out",
    "{n} of {n1} pages hold no text (scans or pictures)",
    "The process that worked on it ended. It was begun {n} times and is given up.",
    "It was begun {n} times and is given up.",
]
BESIDES = [
    *("Not Found.", "Method Not Allowed.", "The request is not valid: {problems}.", "Its text can still be read."),
    *("Try again in {seconds} s.", "It was cancelled.", "Its last good version stays.", "Images are not read."),
]
#: What is typed into a terminal: a command, or an option of one.
_TYPED = re.compile(rf"\bautogpt (?:{'|'.join(COMMANDS)})\b")
COMMAND = re.compile(rf"{_TYPED.pattern}|(?<![\w-])--[a-z][\w-]*")
_PLACE, _LETTER = re.compile(r"\{\w+\}"), re.compile("[A-Za-z]")
KEYWORDS = {"_": None, "t": None, "gettext": None, "ngettext": (1, 2)}


def found(language: str) -> Catalog:
    """All words of the pages, without translations."""
    made = Catalog(locale=language)
    for file, _, words, _, context in extract_from_dir(WEB, METHODS, OPTIONS, KEYWORDS):
        made.add(words, locations=[(Path(file).as_posix(), 0)], context=context)
    for template, names in {**NAMES, "parts": sorted({*stages(), *held(), "; "})}.items():
        for name in names:
            made.add(name, locations=[(f"templates/{template}.html", 0)])
    return made


def errors(language: str) -> Catalog:
    """The sentences that people meet on pages, without translations: `There is no page {number}.`"""
    made = Catalog(locale=language)
    for name, node in _calls():
        called = _called(node.func)
        fault = called in FAULTS or (called == "ValueError" and not name.startswith(CHECKING))
        if (called.endswith(("Error", "_refuse")) and not fault) or called in TELLING:
            for words in filter(None, map(_template, _given(node))):
                made.add(words, locations=[(name, 0)])
    for name, tree in _trees():
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.expr) and id(node) not in parts and _TYPED.search(words := _template(node)):
                made.add(words, locations=[(name, 0)])
    for words in (*HINTS.values(), *BESIDES, *REMARKS, *SUMMARIES):
        made.add(words, locations=[("web/errors.py", 0)])
    return made


def hints(language: str) -> Catalog:
    """Of these sentences those that name a command, which pages say otherwise in English too."""
    made = Catalog(locale=language)
    for message in errors(language):
        if COMMAND.search(str(message.id)):
            made.add(message.id, locations=message.locations)
    return made


def stages() -> set[str]:
    """What long work calls its stages."""
    found: set[str] = set()
    for _, node in _calls():
        at = {"Progress": 0, "track": 1}.get(_called(node.func))
        if at is not None and len(node.args) > at and isinstance(stage := node.args[at], ast.Constant):
            found.add(str(stage.value))
    return found


def _calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call, with the name of its module."""
    for name, tree in _trees():
        yield from ((name, node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def held() -> set[str]:
    """What whoever holds a lock does: "making a release"."""
    calls = (node for _, node in _calls() if _called(node.func) == "exclusive")
    return {str(doing.value) for node in calls if isinstance(doing := node.args[1], ast.Constant)}


@cache
def _trees() -> tuple[tuple[str, ast.Module], ...]:
    """The modules whose words people meet, without their docstrings."""
    found: list[tuple[str, ast.Module]] = []
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if not name.startswith(NOT_SAID):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                body = getattr(node, "body", None)
                if isinstance(body, list):
                    node.body = [one for one in body if not _is_docstring(one)]  # type: ignore[attr-defined]
            found.append((name, tree))
    return tuple(found)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _given(call: ast.Call) -> Iterator[ast.expr]:
    """What a call is given, both sides of what depends on something."""
    for one in (*call.args, *(keyword.value for keyword in call.keywords)):
        waiting = [one]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.IfExp):
                waiting += [node.orelse, node.body]
            elif isinstance(node, ast.BoolOp):
                waiting += node.values
            else:
                yield node


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
    said = "".join(parts)
    letters = len(_LETTER.findall(_PLACE.sub("", said)))
    # What begins with a place takes in anything, and has to say more itself.
    return said if any(" " in part for part in parts) and letters >= (6 if said.startswith("{") else 4) else ""


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
        said = {"errors.po": hints(language) if language == "en" else errors(language)}
        if language != "en":
            said["pages.po"] = found(language)
        for name, words in said.items():
            made = updated(language, name, words)
            path = FOLDER / language / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, made, width=120, sort_output=True, include_lineno=False, omit_header=True)
            missing = [message.id for message in made if message.id and not message.string]
            print(f"{path.relative_to(WEB)}: {len(made)} words, {len(missing)} without a translation")


if __name__ == "__main__":
    main()
