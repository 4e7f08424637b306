"""What the studies are and how long they take by default; quick to import, for the help texts."""

from __future__ import annotations

SWIMMER_STUDIES = {
    "learning": "online, never reset, from several first weights",
    "transfer": "lifetimes of 5 joints in other bodies, as they are and learning on",
    "ablations": "weight sharing, signs, first weights",
    "changes": "the body changes in mid-life",
}
SWIMMER_STEPS = {
    "learning": 400_000,
    "authors": 100_000,
    "others": 200_000,
    "transfer": 40_000,
    "ablations": 50_000,
    "changes": 40_000,
}
"""Control steps by attribute of `swimmer_trials.Lengths`; they gave what is in results/swimmer."""
WALKER_EVERY = 50_000
"""Control steps between points of the walkers' curves.csv."""

SPIKING_PARTS = {
    "table_2": "synaptic agents: models of the state, hidden neurons (also figures 4 to 8)",
    "figure_2": "synaptic agents: alpha",
    "figure_3": "synaptic agents: steps of the neurons in a decision",
    "suggestions": "synaptic agents: what the paper ends with, and other readings of it",
    "figure_9": "DQSN: hidden neurons, 200 frames at most",
    "figure_9_unlimited": "the same without a limit of frames",
    "solved": "DQSN until it has solved the task",
    "dynamic": "dynamic synapses, never reset",
}
"""Parts of the spiking study, in the order in which they are lived."""
SPIKING_WORK, SPIKING_OUT = "runs/spiking-study", "results/spiking"
"""Folders of what has been lived, and of tables and figures."""

PEERS_WORK, PEERS_OUT = "runs/peers-study", "results/peers"
NCAP_WORK, NCAP_OUT = "runs/ncap-study", "results/ncap"
ABLATIONS_WORK, ABLATIONS_OUT = "runs/ncap-ablations-study", "results/ncap/ablations"
PEERS_STEPS, PEERS_HOURS, PEERS_SEEDS = 10_000_000, 1.0, 5
"""Of each arm and seed: control steps and wall clock, what comes first; and how many seeds."""

FIGURE11_GROUPS = ("courses", "births")
FIGURE11_WORK, FIGURE11_OUT = "runs/figure11-study", "results/figure11"
FIGURE11_STEPS, FIGURE11_HOURS, FIGURE11_SEEDS = 5_000_000, 10.0, 8
"""Of each arm in each group: control steps and wall clock, what comes first; and lifetimes."""

LIFELONG_ROBOTS = ("walker", "swimmer")
LIFELONG_SEEDS = 10
LIFELONG_WORK, LIFELONG_OUT = "runs/lifelong-study", "results/lifelong"
"""Folders of what has been lived, and of tables and figures."""

LIFELONG_PEERS_SEEDS, LIFELONG_PEERS_CHILDHOOD, LIFELONG_PEERS_STEPS = 5, 1_000_000, 300_000
"""How many seeds; control steps on the unchanged body, and since the change."""
LIFELONG_PEERS_WORK = "runs/lifelong-peers-study"

BODIES_WORK, BODIES_OUT = "runs/bodies-study", "results/bodies"
BODIES_STEPS, BODIES_HOURS, BODIES_SEEDS = 1_000_000, 1.0, 5
"""Of each body, arm and seed; as for the peers."""
