"""Brings the catalogues of the pages up to date: every word of templates and modules, with what it is in each language.

    python tools/extract_words.py

New words stand there without a translation, which the tests find; what no page says any more is dropped. Comments say
where words come from; the lines of them are left out, so that a change elsewhere changes no catalogue.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from autogpt.services.ingest_status import STATES
from autogpt.services.jobs import FINISHED, KINDS
from autogpt.services.people import Role
from autogpt.web.routes.data_set_pages import FORMATS
from autogpt.web.translations import FOLDER, LANGUAGES

WEB = FOLDER.parent
METHODS = [("templates/**.html", "jinja2.ext:babel_extract"), ("static/js/**.js", "javascript")]
OPTIONS = {
    "templates/**.html": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true"},
    "static/js/**.js": {"parse_template_string": "true"},
}
#: Template → what it shows by the name that it has in the records: roles, kinds and states, verdicts, facts.
NAMES = {
    "people": [role.value for role in Role],
    "jobs": [*KINDS, "queued", "running", *sorted(FINISHED), "run", "version"],
    "job": [*STATES],
    "document-about": ["add", "change", "remove", "set labels", "reparse"],
    "releases": ["promote", "rollback", "better", "equal", "worse", "unproven"],
    "release": [
        *("reader", "precision", "compression", "encoder", "reranker", "classifier", "threshold"),
        "validation questions",
    ],
    "datasets": [
        *("accepted", "suggested", "rejected", "stale", "train", "validation", "test", "none"),
        *("extractive", "classify", "English", "Chinese", "unknown"),
        *FORMATS.values(),
        *("import", "split", "open", "seal"),
    ],
    "examples": ["yes", "no"],
    "example": ["create", "change", "accept", "reject", "suggest", "undo", "question", "status", "spans", "phrasings"],
    "findings": [
        *("another answer", "answered", "unanswered", "another class", "error", "warning"),
        *("empty question", "no answer", "old version", "wrong offset", "no such text", "contradiction", "duplicate"),
        *("leakage", "balance", "no split", "one class", "rare class", "no class", "duplicate labels", "stale"),
    ],
}
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


def updated(language: str) -> Catalog:
    """The words of now, with the translations that are known."""
    path, made = FOLDER / language / "pages.po", found(language)
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
        made = updated(language)
        path = FOLDER / language / "pages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, made, width=120, sort_output=True, include_lineno=False, omit_header=True)
        missing = [message.id for message in made if message.id and not message.string]
        print(f"{path.relative_to(WEB)}: {len(made)} words, {len(missing)} without a translation")


if __name__ == "__main__":
    main()
