"""One room's log as this gateway has it: without a hole, and no further than its head. Pure."""
