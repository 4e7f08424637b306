"""Parameters of a ROS node as a table: type, default, unit, range, description, beside the code.

A table is checked against what the node was started with: an unknown name, a wrong type or a value
out of range is an error of one line, never silently ignored.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynsyn_controller.core.schema import unknown_key

if TYPE_CHECKING:
    from rcl_interfaces.msg import ParameterDescriptor
    from rclpy.node import Node

Value = bool | int | float | str
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_OWN_OF_RCLPY = ("use_sim_time", "start_type_description_service")
_OWN_PREFIX_OF_RCLPY = "qos_overrides."


class ParameterError(ValueError):
    """A parameter that cannot be; the message names it, what was found and what is expected."""


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Attributes:
        name: as given on the command line or in a parameter file.
        default: its type is the parameter's type: bool, int, float or str.
        description: what it does and its unit, for `ros2 param describe`.
        minimum, maximum: range of a number, both ends included; infinite: no bound.
        choices: the texts that are allowed; empty: any.
        read_only: fixed when the node starts.
    """

    name: str
    default: Value
    description: str
    minimum: float = -math.inf
    maximum: float = math.inf
    choices: tuple[str, ...] = ()
    read_only: bool = True

    def check(self, value: Any) -> Value:
        """`value` in this parameter's type; a whole number will do where a number is expected.

        Raises:
            ParameterError: another type, not finite, out of range or not among the choices.
        """
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        fits = type(value) is kind
        if fits and kind in (int, float):
            fits = math.isfinite(value) and self.minimum <= value <= self.maximum
        if fits and self.choices:
            fits = value in self.choices
        if not fits:
            found = f"{value!r} ({type(value).__name__})"
            raise ParameterError(f"{self.name}: found {found}, expected {self.expected}")
        return value

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            empty = "empty or " if "" in self.choices else ""
            return f"{empty}one of {', '.join(filter(None, self.choices))}"
        kind = _KINDS[type(self.default)]
        if math.isinf(self.minimum) and math.isinf(self.maximum):
            return kind
        low, high = plain(self.minimum), plain(self.maximum)
        if math.isinf(self.maximum):
            return f"{kind}, at least {low}"
        if math.isinf(self.minimum):
            return f"{kind}, at most {high}"
        return f"{kind} from {low} to {high}"


def plain(value: Value) -> str:
    """A value as people write it: true, 1000000 (not 1e+06), 0.5."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        whole = math.isfinite(value) and value == int(value)
        return str(int(value)) if whole else f"{value:g}"
    return str(value)


def overrides_of(node: Node) -> dict[str, Any]:
    """What the node was started with (command line, parameter files), by name.

    The node must have been made with `automatically_declare_parameters_from_overrides=True`, which
    is the public way to see names that nobody declares. They are undeclared again here, so that
    `declare` can give them their descriptions.
    """
    found = {}
    there: dict[str, Any] = node.get_parameters_by_prefix("")  # Jazzy says another type
    for name, parameter in there.items():
        if name in _OWN_OF_RCLPY or name.startswith(_OWN_PREFIX_OF_RCLPY):
            continue
        found[name] = parameter.value
        node.undeclare_parameter(name)
    return found


def resolve(table: Iterable[Parameter], overrides: dict[str, Any]) -> dict[str, Any]:
    """Value of every parameter of the table, in the parameter's type.

    Raises:
        ParameterError: an override that the table does not have or that does not fit it.
    """
    table = list(table)
    known = [parameter.name for parameter in table]
    for name in overrides:
        if name not in known:
            raise ParameterError(
                f"{name}: {unknown_key(name, known)}".replace("key", "parameter", 1)
            )
    return {p.name: p.check(overrides.get(p.name, p.default)) for p in table}


def declare(node: Node, table: Iterable[Parameter], values: dict[str, Value]) -> None:
    """Declare the table's parameters on `node` with these values, descriptions and ranges.

    From then on a whole number will do where a number is expected, as at the start.
    """
    from rclpy.parameter import Parameter as NodeParameter

    table = list(table)
    real = {parameter.name for parameter in table if type(parameter.default) is float}

    def widen(given: list[NodeParameter]) -> list[NodeParameter]:
        return [
            NodeParameter(each.name, value=float(each.value))
            if each.name in real and type(each.value) is int
            else each
            for each in given
        ]

    node.add_pre_set_parameters_callback(widen)
    for parameter in table:
        node.declare_parameter(
            parameter.name, values[parameter.name], _descriptor(parameter), ignore_override=True
        )


def _descriptor(parameter: Parameter) -> ParameterDescriptor:
    from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

    descriptor = ParameterDescriptor(
        name=parameter.name,
        description=parameter.description,
        read_only=parameter.read_only,
    )
    if parameter.choices:
        descriptor.additional_constraints = parameter.expected
    bounded = math.isfinite(parameter.minimum) or math.isfinite(parameter.maximum)
    if bounded and type(parameter.default) is float:
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=parameter.minimum, to_value=parameter.maximum)
        ]
    elif bounded and type(parameter.default) is int:
        low, high = max(parameter.minimum, -(2**63)), min(parameter.maximum, 2**63 - 1)
        descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]
    return descriptor
