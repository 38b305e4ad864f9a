"""Who may see what."""

from hypothesis import given
from hypothesis import strategies as st

from autogpt.retrieve.access import may_see

LABELS = st.frozensets(st.sampled_from("abcd"))


@given(LABELS)
def test_a_document_without_labels_is_for_everybody(asker: frozenset[str]) -> None:
    assert may_see((), asker)


@given(LABELS)
def test_the_owner_sees_everything(document: frozenset[str]) -> None:
    assert may_see(document, None)


@given(LABELS, LABELS, LABELS)
def test_another_label_never_opens_a_document_further(document, more, asker) -> None:
    assert may_see(document, asker) or not may_see(document | more, asker)
