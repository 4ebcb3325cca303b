"""Mutants: one wrong change for each promise, and the test that has to fail because of it."""
