from pathlib import Path

from autogpt.evaluate.reference import ReferenceReader
from autogpt.read.reader import Reader
from fake_backend import FakeBackend, write_tokenizer

SENTENCES = "The bank asks a fee. A card is free for every student. Nothing else is charged."
PAIRS = [("card", SENTENCES), ("fee", SENTENCES), ("nowhere", SENTENCES), ("card", "")]


def test_texts_of_several_sentences_are_read_once_and_decoded_as_published(tmp_path: Path) -> None:
    folder = write_tokenizer(tmp_path / "reader", [SENTENCES, "nowhere"])
    backend, plain = FakeBackend(), FakeBackend()
    published = ReferenceReader(folder, backend).read(PAIRS)
    ours = Reader(folder, plain, second_look=False).read(PAIRS)
    assert backend.shapes == plain.shapes
    assert [one.best and one.best.text for one in published[:2]] == [one.best and one.best.text for one in ours[:2]]
    assert set(published[0].features) == {"null_margin", "softmax"}
    assert published[2].features["null_margin"] < 0 < published[0].features["null_margin"]
    assert published[3].best is None
