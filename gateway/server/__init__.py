"""The library servers, subclassed, and what listens."""
