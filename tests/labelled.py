"""Labelled questions that even a tiny model learns to tell apart."""

from autogpt.records import ClassifierExample
from tiny_models import TOWNS

#: What a question of each class looks like; the words are in the vocabulary of the tiny models.
QUESTIONS = {
    "founded": "When was {} founded?",
    "people": "How many people live in {}?",
    "mayor": "Who is the mayor of {}?",
}
#: What is none of them.
STRANGE = "It lies by the sea {}."


def labelled(count: int, start: int = 0, strange: int = 0) -> list[ClassifierExample]:
    """`count` questions of the three classes in turn, and `strange` texts labelled "oos"."""
    classes = list(QUESTIONS)
    made = []
    for number in range(start, start + count):
        label = classes[number % 3]
        town = f"{TOWNS[number % 10]} {1800 + number}"
        made.append(ClassifierExample(f"c{number}", QUESTIONS[label].format(town), (label,)))
    for number in range(start, start + strange):
        made.append(ClassifierExample(f"s{number}", STRANGE.format(1800 + number), ("oos",)))
    return made
