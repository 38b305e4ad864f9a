"""Tells which examples belong together, for splitting and for finding leakage.

In: examples and the texts of their documents. Out: `SplitItem`s with documents, articles, near-duplicate clusters and
question keys. Knows nothing about parts.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from autogpt.prepare.deduplicate import clusters
from autogpt.prepare.split import LARGEST_TIED, SplitItem
from autogpt.progress import Progress, Sink, silent
from autogpt.records import Example
from autogpt.store import Store
from autogpt.store.tables import DocumentVersionRow
from autogpt.text.analyse import terms

#: Words that ask, and say nothing about what.
_ASKING = frozenset({"how", "mani", "much", "when", "where", "whi", "多少", "什么", "哪里"})
#: A question asked of more documents than this is a form to be filled.
_FORM = 3
#: Texts at least this similar (Jaccard, 0 to 1) are one cluster, numbers and dates notwithstanding.
SIMILARITY = 0.7
#: Texts read from the database at a time.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Group:
    """What a document version belongs to: its article, or the cluster of its near-duplicates; empty for none."""

    article: str = ""
    cluster: str = ""


def split_items(store: Store, examples: Sequence[Example], sink: Sink = silent) -> list[SplitItem]:
    """The examples as `prepare.split` takes them."""
    groups = _groups(store, {example.version_id for example in examples if example.version_id}, sink)
    sizes = Counter(groups[example.version_id].article for example in examples if example.version_id)
    keys = _question_keys(examples)
    items = []
    for example in examples:
        group = groups.get(example.version_id or "", _Group())
        held = [f"document {example.document_id}"] if example.document_id else []
        # A title that most contexts share is no article.
        if group.article and sizes[group.article] <= LARGEST_TIED * len(examples):
            held.append(f"article {group.article}")
        if group.cluster:
            held.append(f"cluster {group.cluster}")
        items.append(
            SplitItem(
                id=example.id,
                groups=tuple(held),
                question=keys[example.id],
                document=example.document_id or "",
                answerable=example.answerable,
                split=example.split,
            )
        )
    return items


def question_key(question: str) -> str:
    """The same for near-duplicate questions: those with the same words, whatever their order, form and stop words.

    Empty for a question with fewer than two words of content: "How much?" means another thing in every text.
    """
    words = set(terms(question))
    return " ".join(sorted(words)) if len(words - _ASKING) > 1 else ""


def _question_keys(examples: Sequence[Example]) -> dict[str, str]:
    """Example id → key of its question.

    A question asked of many documents is a form ("What is the monthly fee?"): examples with it are near-duplicates
    only when their answers are, too.
    """
    keys = {example.id: question_key(example.question) for example in examples}
    asked: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        asked[keys[example.id]].add(example.document_id or "")
    return {
        example.id: f"{keys[example.id]} → {_answer_key(example)}"
        if keys[example.id] and len(asked[keys[example.id]]) > _FORM
        else keys[example.id]
        for example in examples
    }


def _answer_key(example: Example) -> str:
    return " ".join(terms(example.answer_text)) or example.answer_text.casefold()


def _groups(store: Store, version_ids: set[str], sink: Sink) -> Mapping[str, _Group]:
    articles: dict[str, str] = {}
    texts: dict[str, str] = {}
    wanted = sorted(version_ids)
    for first in range(0, len(wanted), _BATCH):
        query = select(DocumentVersionRow.id, DocumentVersionRow.text, DocumentVersionRow.details).where(
            DocumentVersionRow.id.in_(wanted[first : first + _BATCH])
        )
        with store.session() as session:
            for id, text, details in session.execute(query):
                texts[id], articles[id] = text, str(details.get("article") or "")
    sink(Progress("compare", 0, 1))
    cluster = clusters(texts, SIMILARITY)
    sink(Progress("compare", 1, 1))
    return {id: _Group(articles[id], cluster.get(id, "")) for id in texts}
