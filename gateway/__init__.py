"""The gateway: passes on what browsers and the broker send; keeps nothing of its own on disk."""
