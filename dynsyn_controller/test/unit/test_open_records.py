"""Kernels over records that tell their layout: compiled once, for arrays of any size."""

from __future__ import annotations

import numpy as np
import pytest
from numba.core.errors import LoweringError

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.numba_support import njit, typeof
from dynsyn_controller.core.records import (
    field_names,
    is_laid_out,
    loaded,
    new_records,
    record_dtype,
    stored,
)
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot


def records(count: int, columns: int, rows: int) -> np.ndarray:
    """Records with fields of several kinds; the last one's values count from 0."""
    fields = [
        ("small", np.int8, (columns,)),
        ("total", np.float64),
        ("matrix", np.float64, (rows, columns)),
        ("single", np.float32, (rows,)),
        ("count", np.int64),
    ]
    made = new_records(count, record_dtype(fields))
    made["matrix"] = np.arange(count * rows * columns).reshape(count, rows, columns)
    made["small"], made["single"] = 3, 0.5
    return made


@njit
def sum_up(states, index):
    """Reads and writes every field of a record."""
    state = states[index]
    matrix = state.matrix
    for i in range(matrix.shape[0]):
        state.single[i] *= 2.0
        for j in range(matrix.shape[1]):
            state.total += matrix[i, j] * state.single[i] * state.small[j]
            state.matrix[i, j] = -1.0
    state.small[:] = 4
    state.count += matrix.size


def test_one_compilation_serves_all_sizes_and_each_record_keeps_to_itself():
    for count, columns, rows in ((1, 3, 2), (4, 7, 5), (3, 1, 1)):
        states = records(count, columns, rows)
        before = states.copy()
        sum_up(states, count - 1)
        own = states[count - 1]
        assert own["total"] == 3.0 * before["matrix"][count - 1].sum()
        assert own["count"] == rows * columns
        assert (own["matrix"] == -1.0).all()
        assert (own["small"] == 4).all()
        assert (own["single"] == 1.0).all()
        assert (states[: count - 1] == before[: count - 1]).all()
        assert is_laid_out(states)
    assert len(sum_up.signatures) == 1


def test_other_fields_are_another_type():
    states = records(1, 2, 2)
    fields = [(name, states.dtype[name]) for name in field_names(states.dtype)]
    more = new_records(1, record_dtype([*fields, ("extra", np.float64)]))
    assert typeof(more) != typeof(states) == typeof(records(5, 3, 4))


def test_an_array_as_a_whole_cannot_be_set():
    @njit
    def replace(states):
        states[0].matrix = np.zeros((2, 2))

    with pytest.raises(LoweringError, match=r"matrix: an array of a record; expected matrix\[:\]"):
        replace(records(1, 2, 2))


def test_files_hold_no_layout_and_fields_are_found_by_their_names():
    states = records(2, 3, 2)
    kept = stored(states)
    assert "layout" not in kept.dtype.names
    turned = kept[list(reversed(kept.dtype.names))]
    for found in (kept, turned):
        assert (loaded(found, states.dtype) == states).all()
    other = records(2, 4, 2)
    assert loaded(kept, other.dtype) is kept


def test_a_controller_takes_no_record_that_does_not_tell_its_layout():
    blueprint = load_robot(config_path("robots/cart_pole.yaml")).blueprint
    Controller(blueprint, blueprint.new_state(0))
    with pytest.raises(ValueError, match="state: found another layout"):
        Controller(blueprint, np.zeros(1, blueprint.dtype))
