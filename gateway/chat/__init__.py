"""What browsers ask, what the broker tells, what is done by the clock."""
