"""One broker between its sockets, its store and its clock: turns, commands, batches. Pure."""
