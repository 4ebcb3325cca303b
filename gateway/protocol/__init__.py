"""Bytes and JSON of browsers as typed values, and back."""
