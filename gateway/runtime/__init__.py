"""What every part of a gateway runs on: ports, timers, cooperative work, counters."""
