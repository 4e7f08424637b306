"""Kernels over records that tell their layout: compiled once, for arrays of any size."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from numba import types
from numba.core.errors import LoweringError, TypingError
from numba.np.numpy_support import from_dtype

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
from dynsyn_controller.robot.robot_file import load_robot, parse_robot


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


def test_a_single_record_is_of_the_same_type():
    @njit
    def count_up(state):
        state.count += state.matrix.size
        state.matrix[1, 0] = 7.0

    for columns in (2, 3):
        states = records(2, columns, 2)
        count_up(states[1])
        assert states["count"].tolist() == [0, 2 * columns]
        assert states["matrix"][:, 1, 0].tolist() == [float(columns), 7.0]
    assert len(count_up.signatures) == 1


def test_plain_records_are_numbas_own():
    plain = np.zeros(2, [("record_layout", np.int8), ("matrix", float, (3,))])
    assert typeof(plain) == types.Array(from_dtype(plain.dtype), 1, "C")


def set_array(states):
    states[0].matrix = np.zeros((2, 2))


def set_record(states):
    states[0] = states[1]


def copy_records(states):
    return states.copy().size


def misspell(states):
    return states[0].matirx[0, 0]


def misspell_set(states):
    states[0].totel = 1.0


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (set_array, r"matrix: an array of a record; expected matrix\[:\] to be set"),
        (set_record, "a record as a whole cannot be set"),
        (copy_records, "cannot make or copy records"),
        (misspell, "matirx: no field of this record, which has total, count, small, matrix"),
        (misspell_set, "totel: no field of this record"),
    ],
)
def test_what_a_kernel_cannot_do_is_refused_when_it_is_compiled(function, message):
    with pytest.raises((LoweringError, TypingError), match=message):
        njit(function)(records(2, 2, 2))


def test_files_hold_no_layout_and_fields_are_found_by_their_names():
    states = records(2, 3, 2)
    names = [*reversed(field_names(states.dtype))]
    kept = stored(states, np.dtype([(name, states.dtype[name]) for name in names]))
    assert list(kept.dtype.names) == names
    assert (loaded(kept, states.dtype) == states).all()
    assert loaded(kept, records(2, 4, 2).dtype) is kept


def test_a_controller_takes_no_record_that_does_not_tell_its_layout():
    blueprint = load_robot(config_path("robots/cart_pole.yaml")).blueprint
    Controller(blueprint, blueprint.new_state(0))
    with pytest.raises(ValueError, match="state: found another layout"):
        Controller(blueprint, np.zeros(1, blueprint.dtype))


def test_a_record_of_another_size_written_over_a_lifetimes_is_refused():
    """NumPy assigns between records of other sizes without a word, the layout with the rest."""
    data = yaml.safe_load(config_path("robots/walker.yaml").read_text())
    small, large = (
        parse_robot(yaml.safe_dump(data | {"network": {"type": "mlp", "hidden": [size]}}))
        for size in (3, 40)
    )
    controller = Controller(small.blueprint, small.blueprint.new_state(0))
    observation = np.zeros(len(controller.body.channels))
    controller.step(observation, 0.0)
    controller.state[...] = large.blueprint.new_state(0)
    with pytest.raises(ValueError, match="a record of another size has been written over it"):
        controller.step(observation, 0.0)
