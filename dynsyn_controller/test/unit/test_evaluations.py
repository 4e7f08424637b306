"""Episodes lived without learning: which they are, and what is said of them."""

from __future__ import annotations

import math

import pytest

from dynsyn_controller.node.evaluations import WINDOW, Evaluations


def live(
    evaluations: Evaluations, episodes: int, steps: int = 4, reward: float = 0.5
) -> list[bool]:
    """Live episodes of four steps; of each, whether all its steps were of an evaluation."""
    found = []
    for _ in range(episodes):
        said = {evaluations.step(reward, step == 3) for step in range(4)}
        assert len(said) == 1
        found.append(said.pop())
    return found


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (0, [False] * 7),
        (1, [False] + [True] * 6),  # the first has begun before anything is known of it
        (2, [False, True] * 3 + [False]),
        (3, [False, False, True] * 2 + [False]),
    ],
)
def test_one_of_so_many_episodes_is_an_evaluation(every, expected):
    evaluations = Evaluations(every)
    assert live(evaluations, 7) == expected
    assert evaluations.count == sum(expected)


def test_the_mean_is_over_the_last_evaluations_and_no_other_episode():
    evaluations = Evaluations(2)
    assert math.isnan(evaluations.average)
    for k in range(WINDOW + 5):
        live(evaluations, 1, reward=1000.0)
        live(evaluations, 1, reward=float(k))
    assert evaluations.count == WINDOW + 5
    assert evaluations.average == 4 * (5 + WINDOW + 4) / 2


def test_a_disturbed_one_does_not_count_and_the_next_comes_when_it_would_have():
    evaluations = Evaluations(2)
    live(evaluations, 1)
    assert evaluations.step(1.0, False)
    evaluations.disturb()
    assert evaluations.step(1.0, True)
    assert (evaluations.count, live(evaluations, 2)) == (0, [False, True])
    assert (evaluations.count, evaluations.average) == (1, 2.0)


def test_what_is_known_goes_on_with_the_lifetime_and_what_cannot_be_read_is_nothing():
    evaluations = Evaluations(2)
    live(evaluations, 4)
    again = Evaluations(2)
    again.begin(evaluations.notes())
    assert (again.count, again.average) == (2, 2.0)
    assert live(again, 2) == [False, True]
    for wrong in (
        {"count": "many"},
        {"count": -1},
        {"count": 2**40},
        {"count": 2, "returns": [1e308] * 2},
    ):
        again.begin(wrong)
        assert again.count == 0
        assert math.isnan(again.average)


def test_episodes_count_over_a_restart():
    evaluations = Evaluations(3)
    live(evaluations, 1)
    again = Evaluations(3)
    again.begin(evaluations.notes())
    assert live(again, 2) == [False, True]
