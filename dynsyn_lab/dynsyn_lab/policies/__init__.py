"""Policies that were learnt elsewhere, as lifetimes of this package."""
