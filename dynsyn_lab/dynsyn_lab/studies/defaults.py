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
