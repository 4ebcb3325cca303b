"""What a broker has in memory, and the rules of it: people, gateways, rooms, presence."""
