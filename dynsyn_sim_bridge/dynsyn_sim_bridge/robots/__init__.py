"""Simulated robots: bodies and worlds behind one protocol, in SI units."""
