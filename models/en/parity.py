"""Writes the parity set of the English pack: questions on invented texts, by template.

In: a seed. Out: JSON lines, one text a line with its questions, in the form that `autogpt examples import` reads. All
names, numbers and texts are made up here; nothing is taken from a data set. An exported model is compared with its
source on them, so they vary in length, in kind of answer and in whether there is one.
"""

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEED = 20
TEXTS = 84

PEOPLE = "Mara Ellison,Tobias Renn,Ilka Warrow,Piers Hadley,Suri Vance,Odo Lambert,Nadia Crest,Felix Amory,Jun Torvald"
PLACES = "Arden,Belmor,Corvane,Delphin Bay,Estmoor,Farrow Hill,Galeport,Hollinside,Isterwick,Jorvale,Kettleby,Lornsea"
FIRMS = "Northlight,Harbourline,Fennel & Rook,Quillmark,Brightwater,Oakenfold,Silverpine,Tallowgate,Umbermill,Vellum"
MONTHS = "January,March,April,June,August,September,October,November"


@dataclass(frozen=True)
class Fact:
    """A sentence with one slot `{}`, ways to ask for what fills it, and what may fill it."""

    sentences: tuple[str, ...]
    questions: tuple[str, ...]
    values: str


@dataclass(frozen=True)
class Subject:
    """A kind of text: how its subject is named, its facts, and questions that it never answers."""

    domain: str
    name: str
    facts: tuple[Fact, ...]
    unanswered: tuple[str, ...]


SUBJECTS = (
    Subject(
        "finance",
        "{firm} Savings Bank",
        (
            Fact(
                ("{x} was founded in {place} by {}.", "Its founder, {}, opened the first branch in {place}."),
                ("Who founded {x}?", "By whom was {x} set up?"),
                "person",
            ),
            Fact(
                ("A basic account costs {} a month.", "The monthly fee of the basic account is {}."),
                ("What does a basic account cost a month?", "How high is the monthly fee of the basic account?"),
                "money",
            ),
            Fact(
                ("At its machines customers may withdraw up to {} a day.", "The daily withdrawal limit is {}."),
                ("How much may customers withdraw a day?", "What is the daily withdrawal limit?"),
                "money",
            ),
            Fact(
                ("Transfers abroad arrive within {}.", "A transfer abroad takes {} at most."),
                ("How long does a transfer abroad take?", "Within what time do transfers abroad arrive?"),
                "days",
            ),
            Fact(
                ("The savings rate was raised to {} in {month}.", "Since {month} savings have earned {} a year."),
                ("What do savings earn a year?", "To what was the savings rate raised?"),
                "percent",
            ),
            Fact(("Lost cards are blocked by calling {}.",), ("What number blocks a lost card?",), "phone"),
        ),
        (
            "What does {x} charge for a mortgage?",
            "When was the premium card withdrawn?",
            "Who audits {x}?",
            "What is the yearly withdrawal limit for children?",
        ),
    ),
    Subject(
        "medicine",
        "the {place} clinic",
        (
            Fact(
                ("The clinic is led by {}.", "{} has been the head of the clinic for years."),
                ("Who leads {x}?",),
                "person",
            ),
            Fact(
                ("It has {} beds on three floors.", "There are {} beds, most of them in single rooms."),
                ("How many beds does {x} have?", "How many beds are there?"),
                "count",
            ),
            Fact(
                ("Patients of the trial took {} of veltrazine each morning.", "The dose of veltrazine was {} a day."),
                ("How much veltrazine did patients take?", "What was the daily dose of veltrazine?"),
                "dose",
            ),
            Fact(
                ("The most common side effect was {}.", "More than a tenth of the patients reported {}."),
                ("What was the most common side effect?", "What did more than a tenth of the patients report?"),
                "symptom",
            ),
            Fact(("Visitors are welcome {}.",), ("When are visitors welcome?",), "hours"),
            Fact(("The trial ended in {}.", "In {} the trial came to its end."), ("When did the trial end?",), "date"),
        ),
        (
            "What did the trial cost?",
            "Which patients were excluded because of their age?",
            "How much veltrazine is given to children?",
            "Who leads the laboratory of {x}?",
        ),
    ),
    Subject(
        "education",
        "{place} College",
        (
            Fact(
                ("{x} opened its doors in {}.", "Since {} {x} has taken in students."), ("When did {x} open?",), "year"
            ),
            Fact(
                ("About {} students are enrolled.", "It teaches {} students in four faculties."),
                ("How many students does {x} have?", "How many students are enrolled?"),
                "count",
            ),
            Fact(
                ("Its library is named after {}.", "{}, a former teacher, gave the library its name."),
                ("After whom is the library named?",),
                "person",
            ),
            Fact(
                ("The best known course is {}.", "Most applicants ask for {}."),
                ("What is the best known course?", "Which course do most applicants ask for?"),
                "course",
            ),
            Fact(("Applications close in {}.",), ("When do applications close?",), "date"),
            Fact(("A term costs {} in fees.", "The fee for a term is {}."), ("What does a term cost?",), "money"),
        ),
        (
            "How many teachers does {x} employ?",
            "Who designed the sports hall?",
            "When was the library of {x} torn down?",
            "What does a place in the dormitory cost?",
        ),
    ),
    Subject(
        "customer_service",
        "the {firm} kettle",
        (
            Fact(("{x} boils a litre in {}.", "A litre boils in {}."), ("How fast does {x} boil a litre?",), "seconds"),
            Fact(
                ("It comes with a guarantee of {}.", "The guarantee runs for {}."),
                ("How long is the guarantee?",),
                "years",
            ),
            Fact(
                ("Its body is made of {}.", "The maker uses {} for the body."),
                ("What is the body of {x} made of?", "Which material is the body made of?"),
                "material",
            ),
            Fact(
                ("Parcels are sent from {}.", "The warehouse stands in {}."),
                ("Where are parcels sent from?",),
                "place",
            ),
            Fact(
                ("Returns are free within {}.", "It can be sent back free of charge within {}."),
                ("Within what time are returns free?", "How long can it be sent back free of charge?"),
                "days",
            ),
            Fact(
                ("If the red light blinks, {}.", "A blinking red light means that one should {}."),
                ("What should one do when the red light blinks?",),
                "action",
            ),
        ),
        (
            "What does the larger model of {x} weigh?",
            "Which shops sell spare lids?",
            "What should one do when the blue light blinks?",
            "How long is the guarantee on the battery?",
        ),
    ),
    Subject(
        "general",
        "the {place} lighthouse",
        (
            Fact(("{x} was built in {}.", "Work on {x} was finished in {}."), ("When was {x} built?",), "year"),
            Fact(
                ("Its tower is {} high.", "The tower rises {} above the rocks."), ("How high is the tower?",), "metres"
            ),
            Fact(("It was designed by {}.", "The plans were drawn by {}."), ("Who designed {x}?",), "person"),
            Fact(
                ("Until {} a keeper lived there.", "The last keeper left in {}."),
                ("When did the last keeper leave?", "Until when did a keeper live there?"),
                "year",
            ),
            Fact(("Its light is seen {} away.",), ("How far is its light seen?",), "miles"),
            Fact(("Today it houses {}.", "These days visitors find {} inside."), ("What does it house today?",), "use"),
        ),
        (
            "What did building {x} cost?",
            "Who was the first keeper?",
            "Which ship was wrecked near {x}?",
            "How many steps lead to the top?",
        ),
    ),
)

FILLERS = (
    "Much has been written about it in the local paper.",
    "Opinions on this differ, and not only among neighbours.",
    "None of this was planned from the beginning.",
    "In {month} the people of {place} celebrated with music and a long table.",
    "{person}, who knows the matter well, calls it a lucky accident.",
    "By comparison, {firm} has done nothing of the kind since {year}.",
    "A report of {pages} pages says little more.",
    "The old rules, which dated from {year}, no longer apply.",
)

SYMPTOMS = "a mild headache,tiredness,a dry mouth,restless sleep,dizziness after standing up"
COURSES = "marine surveying,book restoration,applied acoustics,timber engineering,early music"
MATERIALS = "brushed steel,borosilicate glass,recycled aluminium,enamelled iron"
ACTIONS = "empty the tank and wait ten minutes,unplug the base,clean the filter with vinegar,turn the lid to the left"
HOURS = "from two to six in the afternoon,on weekdays after three,every day but Sunday,between ten and noon"
USES = "a small museum of knots,a radio station,two guest rooms,an exhibition on seabirds"


def value(kind: str, rng: random.Random) -> str:
    """Something that fills a slot of this kind."""
    listed = {
        "person": PEOPLE,
        "place": PLACES,
        "firm": FIRMS,
        "month": MONTHS,
        "symptom": SYMPTOMS,
        "course": COURSES,
        "material": MATERIALS,
        "action": ACTIONS,
        "hours": HOURS,
        "use": USES,
    }
    if kind in listed:
        return rng.choice(listed[kind].split(","))
    number = rng.randint
    made = {
        "year": f"{number(1780, 2021)}",
        "money": f"${number(2, 90) * 10:,}" if rng.random() < 0.5 else f"{number(3, 60)}.{number(10, 99)} euros",
        "days": f"{number(2, 60)} days",
        "percent": f"{number(1, 6)}.{number(1, 9)} percent",
        "phone": f"0{number(100, 999)} {number(100000, 999999)}",
        "count": f"{number(11, 99) * 100:,}" if rng.random() < 0.5 else f"{number(40, 990)}",
        "dose": f"{number(2, 80) * 5} mg",
        "seconds": f"{number(60, 240)} seconds",
        "years": f"{number(2, 12)} years",
        "metres": f"{number(12, 71)} metres",
        "miles": f"{number(6, 29)} nautical miles",
        "date": f"{rng.choice(MONTHS.split(','))} {number(1995, 2023)}",
        "pages": f"{number(30, 400)}",
    }
    return made[kind]


def fill(text: str, subject: str, rng: random.Random) -> str:
    """`text` with the subject and chance names in their places."""
    filled = text.replace("{x}", subject)
    for kind in ("person", "place", "firm", "month", "year", "pages"):
        while "{" + kind + "}" in filled:
            filled = filled.replace("{" + kind + "}", value(kind, rng), 1)
    return filled[0].upper() + filled[1:]


def texts(seed: int = SEED, count: int = TEXTS) -> Iterator[dict[str, Any]]:
    """Records of the parity set."""
    rng = random.Random(seed)
    for number in range(count):
        subject = SUBJECTS[number % len(SUBJECTS)]
        name = subject.name.format(firm=value("firm", rng), place=value("place", rng))
        told = rng.sample(subject.facts, rng.randint(4, len(subject.facts)))
        context, questions = fill("This is about {x}.", name, rng), []
        for fact in told:
            for _ in range(rng.choice((0, 0, 1, 2))):
                context += " " + fill(rng.choice(FILLERS), name, rng)
            filler = value(fact.values, rng)
            before, after = rng.choice(fact.sentences).split("{}")
            head = fill(before, name, rng) if before else ""
            sentence = head + (filler if head else filler[0].upper() + filler[1:])
            start = len(context) + 1 + len(head)
            context += " " + sentence + (fill("x" + after, name, rng)[1:] if after else "")
            answer = context[start : start + len(filler)]
            asked = [fill(one, name, rng) for one in fact.questions]
            questions += [(one, [{"text": answer, "answer_start": start}]) for one in rng.sample(asked, 1)]
        silent = [fact for fact in subject.facts if fact not in told]
        questions += [(fill(rng.choice(fact.questions), name, rng), []) for fact in silent]
        questions += [(fill(one, name, rng), []) for one in rng.sample(subject.unanswered, 2)]
        yield {
            "title": f"{name} ({number})",
            "lang": "en",
            "domain": subject.domain,
            "context": context,
            "qas": [
                {"id": f"parity-{number}-{at}", "question": question, "answers": answers, "is_impossible": not answers}
                for at, (question, answers) in enumerate(questions)
            ],
        }


def write(path: Path) -> int:
    """Write the set, the same bytes each time; returns how many questions it has."""
    records = list(texts())
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_bytes(gzip.compress(lines.encode(), mtime=0))
    return sum(len(record["qas"]) for record in records)
