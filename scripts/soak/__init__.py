"""The soak test: load, faults and a verdict. `python -m scripts.soak` runs it."""
