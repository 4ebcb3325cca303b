"""Attacks on real processes, and what everybody else notices meanwhile."""
