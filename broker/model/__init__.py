"""What a broker has in memory, and how it changes: people, gateways, rooms, presence."""
