"""The pages of trainings: the list, the form and what it refuses, a run's page, stop and go on, a candidate."""

import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from answers import HOSTILE, TEXT
from autogpt.models.costs import Costs
from autogpt.progress import Progress
from autogpt.records import Split
from autogpt.services import jobs, people
from autogpt.services.comparing_language_models import UNREAD
from autogpt.services.events import history
from autogpt.services.examples.reading import reader_examples
from autogpt.services.lineage import continued
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.store.tables import ExampleRow
from autogpt.train.history import HISTORY, read_history
from autogpt.train.suspects import Suspect, write_suspects
from measured import add_questions, add_run

PASSWORD = "correct horse battery"
FILE = "import:fees, terms.csv"


def questions(count: int, more: str = "") -> dict[str, str]:
    return {f"What does card {number} cost{more}?": "45 euro a year" for number in range(count)}


@pytest.fixture
def filled(store: Store, place: tuple[str, str]) -> Store:
    """With enough to train on."""
    add_questions(store, place, TEXT, questions(12), "train")
    add_questions(store, place, TEXT, questions(4, " now"), "validation")
    return store


def test_the_list_tells_state_quality_and_cost(client: TestClient, store: Store) -> None:
    assert "Nothing was trained yet" in client.get("/train").text
    done, stopped = add_run(store), add_run(store, "stopped", method="lora")
    page = client.get("/train").text
    assert page.index(stopped[:8]) < page.index(done[:8])
    assert "<strong>70.0</strong>" in page
    assert "4 min · 1.5 GB" in page
    assert page.count('type="checkbox"') == 1  # what is not finished cannot be compared
    assert "lora" in page


def test_too_little_to_train_on_is_refused_in_words(client: TestClient, store: Store, place: tuple[str, str]) -> None:
    add_questions(store, place, TEXT, questions(1), "train")
    page = client.get("/train/new?what=reader").text
    assert "Questions in the training part: 1. It takes 2 or more." in page
    assert "Questions in the validation part: 0. It takes 1 or more" in page
    assert re.search(r'value="begin"[^>]*disabled', page)
    refused = client.post("/train/new", data={"what": "reader"})
    assert (refused.status_code, jobs.list_jobs(store)) == (422, [])
    classes = client.get("/train/new?what=classifier", headers={"Accept-Language": "zh"}).text
    assert "训练部分有 0 个问题" in classes
    assert "The documents have" in client.get("/train/new?what=language-model").text
    assert client.get("/train/new?what=dog", headers={"Accept": "text/html"}).status_code == 422


def test_few_examples_can_be_tried_and_are_told_to_be_few(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    add_questions(store, place, TEXT, questions(7), "train")
    add_questions(store, place, TEXT, questions(2, " now"), "validation")
    page = client.get("/train/new?what=reader").text
    assert "These are few" in page
    assert not re.search(r'value="begin"[^>]*disabled', page)
    add_questions(store, place, TEXT, questions(30, " again"), "train")
    add_questions(store, place, TEXT, questions(10, " then"), "validation")
    assert "These are few" not in client.get("/train/new?what=reader").text


def test_a_training_is_begun_with_what_was_changed_alone(client: TestClient, filled: Store) -> None:
    client.follow_redirects = False
    sent = {"what": "reader", "do": "begin", "method": "lora", "epochs": "2", "learning_rate": "", "packing": "false"}
    went = client.post("/train/new", data={**sent, "augment": "synonyms, typos"}).headers["location"]
    job = jobs.get(filled, Path(went).name)
    assert went == f"/train/{job.id}"
    changed = {"epochs": 2.0, "method": "lora", "packing": False, "augment": ["synonyms", "typos"]}
    assert job.payload == {"what": "reader", "settings": changed}
    assert "Its curves stand here as soon as it has begun" in client.get(went).text
    jobs.note(filled, job.id, run=add_run(filled, "running"))
    assert client.get(went).headers["location"].startswith("/train/")


def test_every_problem_stands_at_its_field_and_nothing_typed_is_lost(client: TestClient, filled: Store) -> None:
    sent = {"what": "reader", "epochs": "-1", "learning_rate": HOSTILE, "batch_size": "8", "other_base": "my/model"}
    refused = client.post("/train/new", data=sent)
    assert refused.status_code == 422
    assert "2 settings are not right" in refused.text
    assert re.search(r'id="s-epochs"[^>]*value="-1"[^>]*aria-invalid="true"', refused.text)
    assert "expected &gt;= 0, got" in refused.text
    chinese = client.post("/train/new", data={**sent, "epochs": "viel"}, headers={"Accept-Language": "zh"}).text
    assert "应为数字，实际为" in chinese
    assert "input should be" not in chinese
    assert 'value="8"' in refused.text
    assert 'value="my/model"' in refused.text
    assert "<script>alert" not in refused.text
    assert 'class="advanced" open' in refused.text
    assert jobs.list_jobs(filled) == []
    unknown = client.post("/train/new", data={"what": "reader", "spoons": "3"})
    assert "train.reader.spoons: unknown key" in unknown.text


@pytest.fixture
def mixed(filled: Store) -> Store:
    """Of the twelve train examples three are Chinese, and of a file."""
    with filled.session() as session:
        session.execute(update(ExampleRow).values(provenance="annotate"))
        some = ExampleRow.question.in_([f"What does card {at} cost?" for at in range(3)])
        session.execute(update(ExampleRow).where(some).values(language="zh", provenance=FILE))
    return filled


def test_examples_are_chosen_in_plain_words_and_the_counts_follow(client: TestClient, mixed: Store) -> None:
    page = client.get("/train/new?what=reader").text
    assert "Trains on all 12 examples" in page
    for told in ("On which examples", "from the file <bdi>fees, terms.csv</bdi>", "written on the page Annotate"):
        assert told in page, told
    assert page.count("checked>") == 4
    sent = {"what": "reader", "languages": ["", "zh"], "sources": ["", "annotate", FILE]}
    assert "Trains on 3 of 12 examples" in client.post("/train/estimate", data=sent).text
    told_again = client.post("/train/new", data={**sent, "do": "estimate"})
    assert (told_again.status_code, told_again.text.count("checked>")) == (200, 3)
    client.post("/train/new", data=sent)
    (job,) = jobs.list_jobs(mixed)
    assert job.payload["settings"] == {"languages": ["zh"]}  # all sources are no choice
    client.post("/train/new", data={"what": "reader", "sources": ["", FILE]})
    assert jobs.list_jobs(mixed)[0].payload["settings"] == {"sources": [FILE]}


def test_a_choice_of_nothing_is_refused_at_its_place(client: TestClient, mixed: Store) -> None:
    none = client.post("/train/new", data={"what": "reader", "languages": [""], "epochs": "2"})
    assert (none.status_code, "Tick at least one." in none.text, 'value="2"' in none.text) == (422, True, True)
    assert "Trains on" not in client.post("/train/estimate", data={"what": "reader", "languages": [""]}).text
    sent = {"what": "reader", "languages": ["", "zh"], "sources": ["", "annotate"]}
    too_little = client.post("/train/new", data=sent)
    assert too_little.status_code == 422
    assert "Trains on 0 of 12 examples" in too_little.text
    assert not re.search(r'value="begin"[^>]*disabled', too_little.text)  # another choice may do
    assert jobs.list_jobs(mixed) == []


def test_only_what_is_new_since_a_run_goes_on_from_it(client: TestClient, mixed: Store) -> None:
    run, other = add_run(mixed), add_run(mixed)
    learnt = reader_examples(mixed, Split.TRAIN)
    continued("", learnt[:7], ()).save(mixed.runs / run)
    page = client.get("/train/new?what=reader").text
    assert page.count("only what is new since") == 1  # of the other it is not known what it learnt
    sent = {"what": "reader", "since": run}
    assert "Trains on 5 of 12 examples" in client.post("/train/estimate", data=sent).text
    clash = client.post("/train/new", data={**sent, "base": other})
    assert (clash.status_code, "choose no other base" in clash.text) == (422, True)
    assert f'<option value="{run}" selected>only what is new' in clash.text
    client.post("/train/new", data={**sent, "base": ""})
    assert jobs.list_jobs(mixed)[0].payload["settings"] == {"base": run, "new_only": True}
    assert 'name="since"' not in client.get("/train/new?what=retriever").text


def test_a_generator_needs_a_named_base(client: TestClient, filled: Store) -> None:
    refused = client.post("/train/new", data={"what": "generator", "do": "begin"})
    assert "has to be started from a model that writes text" in refused.text
    assert jobs.list_jobs(filled) == []


def test_an_estimate_is_told_before_anything_begins(client: TestClient, filled: Store) -> None:
    page = client.get("/train/new?what=reader").text
    assert "nothing like it was trained here yet" in page
    told = client.post("/train/estimate", data={"what": "reader", "batch_size": "100000"}).text
    assert "<html" not in told
    assert "That is more than is free" in told
    assert "when the settings are right" in client.post("/train/estimate", data={"what": "reader", "epochs": "x"}).text
    again = client.post("/train/new", data={"what": "reader", "do": "estimate", "epochs": "7"})
    assert (again.status_code, 'value="7"' in again.text, jobs.list_jobs(filled)) == (200, True, [])


def test_the_page_of_a_run_shows_its_curves_and_numbers(client: TestClient, store: Store) -> None:
    run = add_run(store, method="lora")
    page = client.get(f"/train/{run}").text
    assert page.count("<polyline") == 2
    assert 'aria-label="Loss from 3 at step 1 to 0.1 at step 30"' in page
    assert 'aria-label="F1 from 50.0 at step 10 to 70.0 at step 30"' in page
    assert "<td>70.0</td>" in page
    assert "still rising when the training ended" in page
    assert "<code>method</code></dt><dd><bdi>lora</bdi>" in page
    assert "Make a release candidate of it" in page
    assert client.get("/train/none", headers={"Accept": "text/html"}).status_code == 404


def test_the_loss_of_the_validation_part_is_drawn_beside_that_of_training(client: TestClient, store: Store) -> None:
    run = add_run(store)
    assert "Validation loss" not in client.get(f"/train/{run}").text  # of trainings before it was measured
    path = store.runs / run / HISTORY
    entries = [one | ({"eval_loss": 0.875} if "eval_f1" in one else {}) for one in read_history(path)]
    path.write_text("".join(json.dumps(one) + "\n" for one in entries), encoding="utf-8")
    page = client.get(f"/train/{run}").text
    assert page.count("<polyline") == 3
    assert re.search(r"</svg>training part</span>.*</svg>validation part</span>", page)
    assert page.count("<td>0.875</td>") == 3


def test_the_page_of_a_run_lists_suspected_label_errors(client: TestClient, store: Store) -> None:
    run = add_run(store)
    found = [Suspect(f"q{at}", f"What is fee {at}?", ("$45",), "", 0.93) for at in range(22)]
    assert "Suspected label errors" not in client.get(f"/train/{run}").text
    write_suspects(store.runs / run, found)
    shown = client.get(f"/train/{run}").text
    assert "Suspected label errors" in shown
    assert '<a href="/datasets/example?id=q0" dir="auto">What is fee 0?</a>' in shown
    assert "<bdi>$45</bdi>" in shown
    assert "no answer" in shown
    assert "What is fee 20?" not in shown
    assert "and 2 more" in shown


@pytest.mark.parametrize(
    ("trained", "said"), [(22_594_000, "22.6 M .*100%"), (21_900, "0.0219 M .*0.0969%"), (1_240_000_000, "1,240 M .*")]
)
def test_numbers_of_parameters_are_plain(client: TestClient, store: Store, trained: int, said: str) -> None:
    run = add_run(store)
    Costs(240.0, 1_500_000_000, parameters=max(trained, 22_600_000), trainable=trained).save(store.runs / run)
    page = client.get(f"/train/{run}").text
    assert re.search(f"Trained parameters</dt><dd>{said}", page)


def test_what_a_running_training_tells_comes_with_its_job(client: TestClient, store: Store) -> None:
    run = add_run(store, "running", steps=3)
    job = jobs.enqueue(store, "train", {"what": "reader", "settings": {}}, "Anna")
    jobs.claim(store)
    jobs.note(store, job.id, run=run)
    metrics = {"loss": 1.0, "tokens_per_second": 1234.0, "seconds_left": 600.0}
    jobs.heartbeat(store, job.id, Progress("train", 3, 30, metrics))
    live = client.get(f"/train/{run}").text
    assert 'data-live="yes"' in live
    assert "1,234" in live
    assert "10 min" in live
    client.follow_redirects = False
    assert client.post(f"/train/{run}/stop").headers["location"] == f"/train/{run}"
    assert jobs.get(store, job.id).state == "cancelled"
    assert [one.person for one in history(store, jobs.SUBJECT, job.id)] == ["this machine"]
    # Its process was ended before it could say so: the page tells it all the same.
    page = client.get(f"/train/{run}").text
    assert "stopped" in page
    assert "Go on with it" in page


def test_a_stopped_training_is_gone_on_with_as_it_was_told(client: TestClient, store: Store) -> None:
    client.follow_redirects = False
    run = add_run(store, "stopped")
    client.post(f"/train/{run}/resume")
    (job,) = jobs.list_jobs(store)
    assert job.payload == {"what": "reader", "settings": {}, "resume": run}
    assert client.post(f"/train/{run}/resume").status_code == 422  # it is being worked on
    assert client.post(f"/train/{add_run(store)}/resume").status_code == 422  # it is done


def test_a_candidate_is_made_of_a_finished_run_alone(client: TestClient, store: Store) -> None:
    client.follow_redirects = False
    went = client.post(f"/train/{add_run(store)}/release").headers["location"]
    assert jobs.get(store, Path(went).name).kind == "release"
    encoder = add_run(store, kind="retriever")
    went = client.post(f"/train/{encoder}/release").headers["location"]
    assert jobs.get(store, Path(went).name).payload["encoder"] == encoder
    refused = client.post(f"/train/{add_run(store, 'failed')}/release")
    assert refused.status_code == 422
    assert "No release can be made" in refused.text


def test_runs_are_compared_by_a_job(client: TestClient, store: Store) -> None:
    client.follow_redirects = False
    one, other, encoder = add_run(store), add_run(store), add_run(store, kind="retriever")
    assert client.post("/train/compare", data={"run": [one]}).status_code == 422
    assert client.post("/train/compare", data={"run": [one, encoder]}).status_code == 422
    went = client.post("/train/compare", data={"run": [one, other]}).headers["location"]
    job = Path(went).name
    assert jobs.get(store, job).payload == {"runs": [one, other]}
    assert "queued" in client.get(went).text
    jobs.claim(store)
    line = {
        **{"name": one, "method": "lora", "score": 71.0, "lower": 65.0, "upper": 77.0, "verdict": "first"},
        **{"difference": None, "difference_lower": None, "difference_upper": None, "p_value": None},
        **{"measures": {}, "costs": None, "size_bytes": 46_000_000, "latency_ms": 12.3},
    }
    better = {**line, "name": other, "difference": 2.0, "difference_lower": 0.5, "difference_upper": 3.5}
    lines = [line, {**better, "p_value": 0.01, "verdict": "better"}]
    compared = {"measure": "F1", "data": "the validation part", "questions": 40, "lines": lines}
    jobs.finish(store, job, {"comparison": compared})
    page = client.get(went).text
    assert "+2.0" in page
    assert "p 0.010" in page
    assert "<td>better</td>" in page
    assert "F1 on 40 questions of the validation part." in page
    silent = [{**one, "latency_ms": None} for one in lines]  # language models answer nothing
    words = {"measure": "probability of a word", "unit": "pieces", "data": UNREAD, "questions": 9, "lines": silent}
    job = Path(client.post("/train/compare", data={"run": [one, other]}).headers["location"]).name
    jobs.claim(store)
    jobs.finish(store, job, {"comparison": words})
    page = client.get(f"/train/comparisons/{job}").text
    assert f"probability of a word on 9 pieces of {UNREAD}." in page
    assert "<td>–</td></tr>" in page
    chinese = client.get(f"/train/comparisons/{job}", headers={"Accept-Language": "zh"}).text
    assert UNREAD not in chinese
    assert "probability of a word" not in chinese


@pytest.mark.parametrize("kind", ["generator", "language-model"])
def test_models_that_tell_words_can_be_compared_too(kind: str, client: TestClient, store: Store) -> None:
    client.follow_redirects = False
    one, other = add_run(store, kind=kind), add_run(store, kind=kind)
    assert client.get("/train").text.count('type="checkbox"') == 2
    went = client.post("/train/compare", data={"run": [one, other]}).headers["location"]
    assert jobs.get(store, Path(went).name).payload == {"runs": [one, other]}


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER])
def test_only_an_admin_trains(client: TestClient, filled: Store, role: Role) -> None:
    run = add_run(filled, "stopped")
    people.add_person(filled, "anna", PASSWORD, Role.ADMIN, by="test")
    people.add_person(filled, "bo", PASSWORD, role, by="test")
    client.post("/login", data={"person": "bo", "password": PASSWORD})
    page = client.get(f"/train/{run}").text
    assert "Go on with it" not in page
    assert "New training" not in client.get("/train").text
    for path in ("/train/new", f"/train/{run}/resume", f"/train/{run}/stop", f"/train/{run}/release", "/train/compare"):
        assert client.post(path, data={"what": "reader"}).status_code == 403
    assert jobs.list_jobs(filled) == []


def test_what_a_run_holds_is_shown_as_text(client: TestClient, store: Store) -> None:
    run = add_run(store, "failed", base=HOSTILE, method=HOSTILE)
    with store.session() as session:
        from autogpt.store.tables import RunRow

        session.get_one(RunRow, run).reason = HOSTILE
    for path in ("/train", f"/train/{run}"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_programs_read_trainings_and_go_on_with_one(client: TestClient, store: Store) -> None:
    done, stopped = add_run(store, method="lora"), add_run(store, "stopped")
    listed = client.get("/v1/runs").json()["runs"]
    assert [(one["id"], one["state"]) for one in listed] == [(stopped, "stopped"), (done, "done")]
    told = client.get(f"/v1/runs/{done}").json()
    assert (told["method"], told["seconds"], told["metrics"]["f1"]) == ("lora", 240.0, 70.0)
    assert told["history"][0] == {"step": 1, "loss": 3.0, "epoch": 0.1}
    assert client.get("/v1/runs/none").status_code == 404
    job = client.post(f"/v1/runs/{stopped}/resume")
    assert (job.status_code, jobs.get(store, job.json()["id"]).payload["resume"]) == (202, stopped)
    assert client.post(f"/v1/runs/{done}/resume").status_code == 422
