"""The broker: the one process that orders and stores all events, and knows who is connected."""
