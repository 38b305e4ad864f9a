"""Questions that ask the same come together; a chain of small steps leads nowhere."""

import numpy as np

from autogpt.annotate.clustering import clusters, zero_of


def at(*degrees: float) -> np.ndarray:
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1)


def test_each_joins_the_nearest_first_and_no_chain_is_followed() -> None:
    # 40° are a cosine of 0.77: near 0° and 20°, which is near 0°; but 60° is near 20° and not near 0°.
    assert clusters(at(0, 20, 40, 60), [0.0] * 4, [0.75] * 4, "aaaa") == [[0, 1, 2], [3]]
    assert clusters(at(0, 60, 40), [0.0] * 3, [0.75] * 3, "aaa") == [[0], [1, 2]]
    assert clusters(at(), [], [], "") == []


def test_only_questions_of_a_kind_that_may_join_come_together() -> None:
    assert clusters(at(0, 1, 2), [0.0] * 3, [0.9] * 3, "aba") == [[0, 2], [1]]
    assert clusters(at(0, 1, 2), [0.0] * 3, [0.9] * 3, "aaa", lambda one, other: (one, other) == (0, 2)) == [
        [0, 2],
        [1],
    ]


def test_what_unrelated_questions_have_in_common_counts_for_nothing() -> None:
    vectors = at(0, 20)
    assert clusters(vectors, [0.0] * 2, [0.9] * 2, "aa") == [[0, 1]]
    assert clusters(vectors, [0.9] * 2, [0.9] * 2, "aa") == [[0], [1]]
    assert zero_of(at(0, 90)) == 0
