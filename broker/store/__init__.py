"""The store: what outlives the broker, in SQLite."""
