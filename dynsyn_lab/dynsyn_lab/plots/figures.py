"""The figures by name; quick to import, for the command line's help."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """A figure of one lifetime.

    Attributes:
        module, function: of `dynsyn_lab.plots`; takes a `Source`, returns a Matplotlib figure.
        about: for people.
    """

    module: str
    function: str
    about: str


FIGURES = {
    "exploration2": Figure("exploration", "draw_two", "trajectory of two weights (figure 2)"),
    "exploration3": Figure("exploration", "draw_three", "trajectory of three weights (figure 3)"),
    "oscillator": Figure(
        "oscillator", "draw_sweep", "oscillator under a slow input sweep (figure 6)"
    ),
    "portrait": Figure(
        "oscillator", "draw_portrait", "phase portrait of the oscillator (figure 7)"
    ),
    "returns": Figure(
        "learning", "draw_returns", "return of each episode, running mean (figure 8)"
    ),
    "poincare": Figure("learning", "draw_poincare", "Poincaré map of the exploration (figure 9)"),
    "trace": Figure("learning", "draw_trace", "a few synapses over the lifetime (figure 10)"),
    "weights": Figure("weights", "draw_weights", "every synapse as it stands, by layer"),
    "activity": Figure("activity", "draw_activity", "every unit and joint over some seconds"),
    "spikes": Figure("spikes", "draw_spikes", "spikes and potentials of a spiking network"),
}
ARMS, AGGREGATES = SEVERAL = ("arms", "aggregates")
"""The figures of several runs: curves (figure 11), and what they came to."""
FORMATS = ("png", "svg")
