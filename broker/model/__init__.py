"""People, gateways, rooms, presence: the broker's state and its rules. Pure."""
