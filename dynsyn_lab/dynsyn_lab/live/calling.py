"""Calls to running controllers from a command line."""

from __future__ import annotations

import time
from collections.abc import Iterator

from dynsyn_lab.errors import CommandError
from dynsyn_lab.live.calls import Call, told
from dynsyn_lab.live.client import ControllerClient

LOOK = 5.0
"""s within which a controller is seen; where messages get lost, they are repeated after 3 s."""
LONGEST_ANSWER = 30.0
"""s; a lifetime is being written to a slow disk."""


def call(request: Call, namespace: str) -> str:
    """Call a service of the controller in a namespace; returns the answer as a line for people.

    Raises:
        CommandError: there is no controller, it does not answer, or it refuses.
    """
    with ControllerClient(namespace) as client:
        if not client.offers(request, LOOK):
            others = sorted(_offering(client, request))
            there = f", but in {', '.join(others)} (--namespace)" if others else ""
            raise CommandError(f"no controller in namespace {namespace} is heard{there}")
        return _ask(client, request, namespace)


def call_everyone(request: Call) -> Iterator[str]:
    """Call a service of every controller, whatever its namespace, each as soon as it is seen.

    One that refuses does not keep the others waiting.

    Yields:
        The answer of each, as a line for people.

    Raises:
        CommandError: at the end, where there is none or some have refused.
    """
    failures: list[str] = []
    asked: set[str] = set()
    with ControllerClient("/") as client:
        end = time.monotonic() + LOOK
        while time.monotonic() < end:
            for namespace in sorted(_offering(client, request) - asked):
                asked.add(namespace)
                try:
                    yield _ask(client, request, namespace)
                except CommandError as error:
                    failures.append(str(error))
            client.poll(0.05)
    if failures or not asked:
        raise CommandError("; ".join(failures) or "no controller is heard")


def _offering(client: ControllerClient, request: Call) -> set[str]:
    """Namespaces in which the service is offered."""
    suffix = f"/{request.name}"
    known = [name for name, _ in client.node.get_service_names_and_types() if name.endswith(suffix)]
    # names are known of services that are only asked for, too
    offered = [name for name in known if client.node.count_services(name) > 0]
    return {name.removesuffix(suffix) or "/" for name in offered}


def _ask(client: ControllerClient, request: Call, namespace: str) -> str:
    name = f"{namespace.rstrip('/')}/{request.name}"
    response = client.ask(Call(name, request.kind, request.fields), LONGEST_ANSWER)
    if response is None:
        raise CommandError(f"{name}: no answer within {LONGEST_ANSWER:g} s")
    if not response.success:
        raise CommandError(f"{name}: {told(response)}")
    return f"{name}: {told(response)}"
