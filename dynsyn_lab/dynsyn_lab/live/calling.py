"""Calls to running controllers from a command line, wherever they are in the ROS graph."""

from __future__ import annotations

import time
from collections.abc import Iterator

from dynsyn_lab.cli.errors import CommandError
from dynsyn_lab.live.calls import Call, told
from dynsyn_lab.live.client import ControllerClient

FOUND_WITHIN = 5.0
"""s within which a controller must have been seen."""
OTHERS_WITHIN = 0.5
"""s after the first one was seen, within which others are."""
LONGEST_ANSWER = 30.0
"""s; a lifetime is being written to a slow disk."""


def call(request: Call, namespace: str | None, everyone: bool = False) -> list[str]:
    """Call a service of the controller that is meant, and wait for the answer.

    Args:
        request: what is asked.
        namespace: of the controller, absolute; None: the only one that there is.
        everyone: where no namespace is given, call every controller that there is, each as soon as
            it is seen.

    Returns:
        One line for people for each controller that was called.

    Raises:
        CommandError: there is none, there are several and `everyone` is false, none answers, or one
            refuses.
    """
    with ControllerClient(namespace or "/") as client:
        if namespace is not None:
            return [_ask(client, request, namespace)]
        if everyone:
            return _ask_everyone(client, request)
        *_, found = _namespaces(client, request)
        if len(found) > 1:
            raise CommandError(
                f"several controllers: {', '.join(sorted(found))}; say which with --namespace"
            )
        return [_ask(client, request, found.pop())]


def _ask_everyone(client: ControllerClient, request: Call) -> list[str]:
    """Ask each controller as soon as it is seen; one that refuses does not keep the others waiting.

    Raises:
        CommandError: there is none, or some refuse.
    """
    lines, failures, asked = [], [], set()
    for found in _namespaces(client, request):
        for namespace in sorted(found - asked):
            asked.add(namespace)
            try:
                lines.append(_ask(client, request, namespace))
            except CommandError as error:
                failures.append(str(error))
    if failures:
        raise CommandError("; ".join([*failures, *lines]))
    return lines


def _namespaces(client: ControllerClient, request: Call) -> Iterator[set[str]]:
    """Those in which the service is offered, again and again while others may still be seen.

    Raises:
        CommandError: it is not offered anywhere.
    """
    suffix = f"/{request.name}"
    end, seen = time.monotonic() + FOUND_WITHIN, False
    while True:
        names = [name for name, _ in client.node.get_service_names_and_types()]
        found = {name.removesuffix(suffix) or "/" for name in names if name.endswith(suffix)}
        if found and not seen:
            seen, end = True, time.monotonic() + OTHERS_WITHIN
        if found:
            yield found
        if time.monotonic() >= end:
            break
        client.poll(0.05)
    if not seen:
        raise CommandError(
            f"no controller is heard within {FOUND_WITHIN:g} s (ROS_DOMAIN_ID and the rest of the "
            "ROS environment say where it is looked for)"
        )


def _ask(client: ControllerClient, request: Call, namespace: str) -> str:
    name = f"{namespace.rstrip('/')}/{request.name}"
    response = client.ask(Call(name, request.kind, request.fields), LONGEST_ANSWER)
    if response is None:
        raise CommandError(f"{name}: no answer within {LONGEST_ANSWER:g} s")
    if not response.success:
        raise CommandError(f"{name}: {told(response)}")
    return f"{name}: {told(response)}"
