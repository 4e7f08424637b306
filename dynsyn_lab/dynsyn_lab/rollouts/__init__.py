"""Lifetimes on simulated bodies, step by step: evaluation, pictures, transfer."""
