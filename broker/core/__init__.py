"""The broker between its sockets, its store and its clock: commands, batches, turns, faults."""
