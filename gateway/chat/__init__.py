"""What browsers request, what the broker answers and broadcasts, and what is done by the clock."""
