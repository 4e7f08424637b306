"""The processes of the tests themselves."""

from __future__ import annotations

import sys

import forked
import pytest


def test_a_process_that_hangs_is_ended_and_says_where_it_stood():
    with pytest.raises(AssertionError, match="still ran after") as told:
        forked.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=3.0)
    assert "Fatal Python error: Aborted" in str(told.value)
    assert "most recent call first" in str(told.value)
