"""One room's log as this gateway has it. Pure."""
