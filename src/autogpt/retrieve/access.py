"""Who may see what: the one rule for access labels.

In: the labels of a document and those of the asker. Out: whether the asker may see it. Knows nothing about the index.
"""

from collections.abc import Iterable


def may_see(document_labels: Iterable[str], asker_labels: frozenset[str] | None) -> bool:
    """Whether an asker with `asker_labels` may see a document.

    Every label of the document is a condition: the asker must hold all of them, so that another label never opens a
    document further, and a document without labels is for everybody. None stands for the owner, who sees everything.

    >>> may_see({"staff", "claims"}, frozenset({"staff"})), may_see((), frozenset()), may_see({"staff"}, None)
    (False, True, True)
    """
    return asker_labels is None or set(document_labels) <= asker_labels
