"""The chat: requests of browsers, answers and broadcasts of the broker, and periodic work."""
