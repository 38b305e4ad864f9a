"""What every caller of the index relies on, on LanceDB as it is installed."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from autogpt.errors import CancelledError, UsageError
from autogpt.records import Passage
from autogpt.retrieve import index as index_module
from autogpt.retrieve import table as table_module
from autogpt.retrieve.index import Index, indexes
from autogpt.retrieve.lance import connect
from autogpt.text.analyse import terms
from autogpt.text.glossary import NO_GLOSSARY, parse

TEXTS = [
    "The daily limit of the Gold card is 5,000 euros.",
    "A lost card is blocked within minutes by calling the hotline.",
    "Interest on savings is paid every quarter.",
    "The branch in Elm Street opens at nine.",
    "Transfers abroad take two working days and cost 1.5 percent.",
]


def passage(
    number: int, text: str, document: str = "", labels: frozenset[str] = frozenset(), title: str = ""
) -> Passage:
    return Passage(
        id=f"p{number}",
        document_id=document or f"d{number}",
        version_id=f"v-{document or number}",
        start=number,
        end=number + len(text),
        text=text,
        title=title,
        heading_path=("Cards", "Limits") if number == 0 else (),
        page=number + 1 if number % 2 else None,
        language="en",
        labels=labels,
    )


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(str(tmp_path / "index"), "words")


def fill(index: Index, encoder, texts: Sequence[str] = TEXTS, **options) -> list[Passage]:
    made = [passage(number, text, **options) for number, text in enumerate(texts)]
    index.add(made, encoder.encode([one.text for one in made]))
    return made


def words(index: Index, question: str, k: int = 10, labels: frozenset[str] | None = frozenset()) -> list[str]:
    return [hit.passage.id for hit in index.lexical(terms(question), k, labels)]


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_passage_comes_back_as_it_went_in(index: Index, word_encoder) -> None:
    made = fill(index, word_encoder, labels=frozenset({"staff", "cards"}))
    found = {hit.passage.id: hit.passage for hit in index.dense(word_encoder.encode(["card"])[0], 10, None)}
    assert found == {one.id: one for one in made}


def test_words_and_vectors_both_rank_the_right_passage_first(index: Index, word_encoder) -> None:
    fill(index, word_encoder)
    question = "Who blocks a lost card?"
    assert words(index, question)[0] == "p1"
    hits = index.dense(word_encoder.encode([question])[0], 3)
    assert hits[0].passage.id == "p1"
    assert hits[0].score == pytest.approx(
        float(word_encoder.encode([question])[0] @ word_encoder.encode([TEXTS[1]])[0]), abs=1e-5
    )


def test_rows_are_found_before_and_after_they_are_indexed(index: Index, word_encoder) -> None:
    fill(index, word_encoder)
    assert words(index, "savings interest") == ["p2"]
    index.compact()
    late = passage(9, "The vault holds heirlooms.")
    index.add([late], word_encoder.encode([late.text]))
    assert words(index, "heirlooms") == ["p9"]
    assert words(index, "savings interest") == ["p2"]
    index.compact(purge=False)
    assert words(index, "heirlooms") == ["p9"]
    assert index.stats().unindexed == 0


def test_scores_are_bm25_over_all_that_was_added_at_different_times(index: Index, word_encoder) -> None:
    texts = [f"{'loan ' * (number % 4)}{'rate ' * (number % 3)}paper {number}" for number in range(60)]
    for start in range(0, 60, 20):
        part = [passage(number + 1, texts[number]) for number in range(start, start + 20)]
        index.add(part, word_encoder.encode([one.text for one in part]))
        index.compact(purge=False)
    documents = [terms(text) for text in texts]
    average = sum(map(len, documents)) / len(documents)

    def bm25(document: list[str]) -> float:
        score = 0.0
        for word in ("loan", "rate"):
            holding = sum(word in other for other in documents)
            idf = np.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            count = document.count(word)
            score += idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(document) / average))
        return score

    hits = index.lexical(["loan", "rate"], 10)
    assert [hit.score for hit in hits] == pytest.approx(sorted(map(bm25, documents), reverse=True)[:10], rel=1e-3)
    assert all(hit.score == pytest.approx(bm25(documents[int(hit.passage.id[1:]) - 1]), rel=1e-3) for hit in hits)


def test_titles_headings_and_file_names_are_searched(index: Index, word_encoder) -> None:
    made = [passage(0, TEXTS[0], title="Platinum brochure"), passage(1, TEXTS[1])]
    index.add(made, word_encoder.encode(TEXTS[:2]), names={"d1": "hotline_numbers.pdf"})
    assert words(index, "brochure") == ["p0"]
    assert words(index, "limits of cards")[0] == "p0"
    assert words(index, "numbers") == ["p1"]
    assert {"platinum", "limit", "euro"} <= index.lexical(["platinum"], 1)[0].terms


@pytest.mark.parametrize(
    "question",
    [
        '"lost card',
        "card AND -blocked",
        "card OR (",
        "lost^3 card~2",
        "card* text:limit",
        "'; DROP TABLE x",
        "lost\tcard\n",
    ],
)
def test_nothing_in_a_question_is_syntax(index: Index, word_encoder, question: str) -> None:
    fill(index, word_encoder)
    assert "p1" in words(index, question + " lost card")
    raw = [hit.passage.id for hit in index.lexical([*question.split(), "lost"], 10)]
    assert "p1" in raw


def test_no_words_find_nothing(index: Index, word_encoder) -> None:
    fill(index, word_encoder)
    assert index.lexical([], 10) == []
    assert index.lexical(["", " "], 10) == []


@pytest.mark.parametrize(
    ("asker", "seen"),
    [
        (frozenset(), {"p0"}),
        (frozenset({"staff"}), {"p0", "p1"}),
        (frozenset({"claims"}), {"p0"}),
        (frozenset({"staff", "claims"}), {"p0", "p1", "p2"}),
        (frozenset({"o'brien"}), {"p0", "p3"}),
        (None, {"p0", "p1", "p2", "p3"}),
    ],
)
def test_an_asker_sees_only_what_all_labels_allow(index: Index, word_encoder, asker, seen: set[str]) -> None:
    kinds = [frozenset(), frozenset({"staff"}), frozenset({"staff", "claims"}), frozenset({"o'brien"})]
    made = [passage(number, f"card number {number}", labels=labels) for number, labels in enumerate(kinds)]
    index.add(made, word_encoder.encode([one.text for one in made]))
    for _ in range(2):
        assert set(words(index, "card", labels=asker)) == seen
        assert {hit.passage.id for hit in index.dense(word_encoder.encode(["card"])[0], 10, asker)} == seen
        index.compact()


def test_labels_filter_before_the_best_are_chosen(index: Index, word_encoder) -> None:
    secret = [passage(number, "card card card", labels=frozenset({"board"})) for number in range(40)]
    public = [passage(number, "one card among many other things") for number in range(40, 45)]
    index.add([*secret, *public], word_encoder.encode([one.text for one in [*secret, *public]]))
    index.compact()
    assert len(words(index, "card", k=5)) == 5
    assert len(index.dense(word_encoder.encode(["card"])[0], 5)) == 5


def test_a_new_set_of_labels_is_taken_up_at_once(index: Index, word_encoder) -> None:
    fill(index, word_encoder)
    assert words(index, "card", labels=frozenset({"new"}))
    late = passage(7, "card for the new", labels=frozenset({"new"}))
    index.add([late], word_encoder.encode([late.text]))
    assert "p7" in words(index, "card", labels=frozenset({"new"}))
    assert "p7" not in words(index, "card")


def test_what_is_removed_is_found_no_more(index: Index, word_encoder) -> None:
    fill(index, word_encoder)
    index.compact()
    index.remove_documents(["d1", "unknown", "it's"])
    assert "p1" not in words(index, "lost card")
    assert "p1" not in {hit.passage.id for hit in index.dense(word_encoder.encode([TEXTS[1]])[0], 10)}
    assert index.count() == 4


def test_removed_text_leaves_the_disk(tmp_path: Path, index: Index, word_encoder) -> None:
    fill(index, word_encoder)
    secret = passage(999, "Zanzibarite mortgage of Quentin Xylophon", document="secret")
    kept = passage(998, "Kept Yellowstone sentence", document="kept")
    index.add([secret, kept], word_encoder.encode([secret.text, kept.text]))
    index.compact()
    files = tmp_path / "index"
    assert b"Quentin Xylophon" in stored(files)
    assert b"Yellowstone" in stored(files)
    before = {path for path in files.rglob("*") if path.is_file()}
    index.remove_documents(["secret"])
    index.compact()
    assert b"Quentin" not in stored(files)
    assert b"quentin" not in stored(files)
    assert b"zanzibarit" not in stored(files)
    assert b"Yellowstone" in stored(files)
    left = {path for path in files.rglob("*") if path.is_file() and path.suffix in {".lance", ".txn", ".manifest"}}
    assert not left & before, "a file written before the removal is still there"
    assert words(index, "Yellowstone") == ["p998"]
    assert index.compacted


def test_the_last_text_that_is_removed_leaves_the_disk_too(tmp_path: Path, index: Index, word_encoder) -> None:
    only = passage(1, "Zanzibarite mortgage of Quentin Xylophon", document="only")
    index.add([only], word_encoder.encode([only.text]))
    index.compact()
    index.remove_documents(["only"])
    assert not index.compacted
    index.compact()
    assert index.compacted
    assert b"Quentin" not in stored(tmp_path / "index")
    assert words(index, "mortgage") == []
    index.add([only], word_encoder.encode([only.text]))
    assert words(index, "mortgage") == ["p1"]


def test_compacting_twice_changes_nothing(tmp_path: Path, index: Index, word_encoder) -> None:
    fill(index, word_encoder)
    index.compact()
    found = index.lexical(["card"], 10)
    index.compact()
    assert index.lexical(["card"], 10) == found
    assert len(connect(str(tmp_path / "index")).open_table(index.table_name).list_versions()) == 1


def test_a_reader_follows_a_writer_through_changes_and_compaction(tmp_path: Path, index: Index, word_encoder) -> None:
    reader = Index(str(tmp_path / "index"), "words")
    assert words(reader, "card") == []
    fill(index, word_encoder)
    assert "p0" in words(reader, "limit")
    index.compact()
    assert "p0" in words(reader, "limit")
    index.remove_documents(["d0"])
    assert words(reader, "limit") == []
    index.compact()
    late = passage(8, "a new limit")
    index.add([late], word_encoder.encode([late.text]))
    assert words(reader, "limit") == ["p8"]
    index.compact()
    assert words(reader, "limit") == ["p8"]


def test_contents_tell_documents_and_fingerprints(index: Index, word_encoder) -> None:
    assert index.contents() == {}
    made = [passage(0, TEXTS[0]), passage(1, TEXTS[1]), passage(2, TEXTS[2], document="d1")]
    index.add(made, word_encoder.encode(TEXTS[:3]), fingerprints={"d0": "a", "d1": "b"})
    index.add([made[0]], word_encoder.encode(TEXTS[:1]), fingerprints={"d0": "c"})
    assert index.contents() == {"d0": {"a", "c"}, "d1": {"b"}}
    index.remove(["a"])
    assert index.contents() == {"d0": {"c"}, "d1": {"b"}}


def test_an_index_that_never_was_is_empty(index: Index, word_encoder) -> None:
    assert not index.exists
    assert index.count() == 0
    assert index.version() == 0
    assert index.compacted
    assert index.lexical(["card"], 5) == []
    assert index.dense(word_encoder.encode(["card"])[0], 5) == []
    index.remove_documents(["d0"])
    index.analyse_anew(parse("Gold card"), {})
    index.compact()
    index.drop()
    assert index.stats().passages == 0


def test_vectors_of_another_length_are_refused(index: Index, word_encoder, make_word_encoder) -> None:
    fill(index, word_encoder)
    with pytest.raises(UsageError, match="64 numbers, these have 32"):
        index.add([passage(7, "x")], make_word_encoder(dimensions=32).encode(["x"]))


def test_each_encoder_has_its_own_table_and_all_are_listed(tmp_path: Path, word_encoder) -> None:
    uri = str(tmp_path / "index")
    for name in ("one", "two"):
        fill(Index(uri, name), word_encoder)
    Index(uri, "one").remove_documents(["d0"])
    assert Index(uri, "two").count() == 5
    assert [one.table_name for one in indexes(uri)] == ["passages-v1-one", "passages-v1-two"]


def test_a_table_of_another_format_is_dropped(tmp_path: Path, word_encoder, monkeypatch) -> None:
    uri = str(tmp_path / "index")
    monkeypatch.setattr(index_module, "FORMAT_VERSION", 0)
    fill(Index(uri, "words"), word_encoder)
    monkeypatch.undo()
    assert list(indexes(uri)) == []
    assert not [path for path in (tmp_path / "index").rglob("*") if path.is_file()]


def test_a_glossary_comes_back_with_the_passages_and_stays_through_every_change(
    tmp_path: Path, index: Index, word_encoder
) -> None:
    reader = Index(str(tmp_path / "index"), "words")
    glossary = parse("网银U盾 = 電子密鑰\nGold Card\n")
    assert index.glossary == reader.glossary == NO_GLOSSARY
    made = [passage(number, text) for number, text in enumerate(["网银 U 盾的费用", "The Gold Card", "Other"])]
    index.add(made[:2], word_encoder.encode([one.text for one in made[:2]]), glossary=glossary)
    assert reader.glossary == glossary
    index.compact()
    index.remove_documents(["d1"])
    index.add(made[1:], word_encoder.encode([one.text for one in made[1:]]))
    index.compact()
    assert index.glossary == reader.glossary == Index(str(tmp_path / "index"), "words").glossary == glossary
    assert [hit.passage.id for hit in reader.lexical(glossary.terms("电子密钥"), 5)] == ["p0"]
    assert [hit.passage.id for hit in reader.lexical(["gold_card"], 5)] == ["p1"]


def test_words_are_taken_anew_with_another_glossary_while_vectors_stay(
    tmp_path: Path, index: Index, word_encoder
) -> None:
    texts = [*TEXTS, "电子密钥的费用"]
    made = [passage(number, text, labels=frozenset({"staff"})) for number, text in enumerate(texts)]
    index.add(made, word_encoder.encode(texts), names={"d1": "hotline_numbers.pdf"}, fingerprints={"d1": "print"})
    index.compact()
    reader = Index(str(tmp_path / "index"), "words")
    vector = word_encoder.encode(["card"])[0]
    before = {hit.passage.id: (hit.passage, hit.score) for hit in reader.dense(vector, 10, None)}
    contents, seen = index.contents(), list[int]()
    for other in (parse("网银U盾 = 电子密钥\nGold card\nhotline numbers\n"), NO_GLOSSARY, parse("Gold card")):
        index.analyse_anew(other, {"d1": "hotline_numbers.pdf"}, seen.append)
        assert reader.glossary == other
        assert [hit.passage.id for hit in reader.lexical(["numbers", "number"], 5, None)] == ["p1"]
        index.compact(purge=False)
        assert reader.glossary == other
        keys = [hit.passage.id for hit in reader.lexical(other.terms("网银U盾"), 5, None)]
        assert keys == ["p5"] * ("网银u盾" in other.names)
        assert [hit.passage.id for hit in reader.lexical(["gold_card"], 5, None)] == ["p0"] * bool(other)
        assert [hit.passage.id for hit in reader.lexical(["numbers", "number"], 5, None)] == ["p1"]
        assert {hit.passage.id: (hit.passage, hit.score) for hit in reader.dense(vector, 10, None)} == before
        assert index.compacted
        assert b"gold_card" in stored(tmp_path / "index") or not other
    assert b"numbers_" not in stored(tmp_path / "index")
    assert index.contents() == contents
    assert seen == [len(texts)] * 3


def test_taking_words_anew_that_is_stopped_leaves_all_as_it_was(index: Index, word_encoder, monkeypatch) -> None:
    monkeypatch.setattr(table_module, "_BATCH", 2)
    fill(index, word_encoder)
    index.compact()

    def stop(done: int) -> None:
        if done > 2:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        index.analyse_anew(parse("Gold card"), {}, stop)
    assert index.glossary == NO_GLOSSARY
    assert words(index, "limit") == ["p0"]
    assert index.lexical(["gold_card"], 5) == []
    index.analyse_anew(parse("Gold card"), {})
    index.compact(purge=False)
    assert [hit.passage.id for hit in index.lexical(["gold_card"], 5)] == ["p0"]


@pytest.fixture
def small_exact_limit(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(table_module, "EXACT_UP_TO", 500)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_a_large_index_is_searched_approximately_and_still_well(index: Index, small_exact_limit) -> None:
    random = np.random.default_rng(7)
    centres = random.standard_normal((20, 32)).astype(np.float32)
    vectors = centres[random.integers(0, 20, 3000)] + 0.5 * random.standard_normal((3000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    made = [passage(number, f"text {number}") for number in range(3000)]
    index.add(made, vectors)
    index.compact()
    assert index.stats().approximate
    found = wanted = 0
    for row in range(0, 3000, 100):
        exact = {f"p{number}" for number in np.argsort(-(vectors @ vectors[row]))[:10]}
        hits = index.dense(vectors[row], 10)
        assert hits[0].score == pytest.approx(1, abs=1e-3)
        found += len(exact & {hit.passage.id for hit in hits})
        wanted += 10
    assert found / wanted >= 0.95
    late = passage(9_999, "late")
    index.add([late], -vectors[:1])
    assert index.dense(-vectors[0], 1)[0].passage.id == "p9999"
    index.compact(purge=False)
    assert index.dense(-vectors[0], 1)[0].passage.id == "p9999"
