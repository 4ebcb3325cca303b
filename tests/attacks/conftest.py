"""Attacks on real processes: see tests/conftest.py for what they share."""

from tests.support.loops import without_debug as without_debug
