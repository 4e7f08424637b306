"""Of this package's tests where they run alone; in the workspace `test/conftest.py` is theirs."""

from hypothesis import settings

# How long an example takes says what else the machine does, not whether it is right.
settings.register_profile("dynsyn", deadline=None)
settings.load_profile("dynsyn")
