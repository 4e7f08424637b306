"""Importing this takes the process out of its terminal's reach; for `workers` alone."""

import os

os.setsid()
