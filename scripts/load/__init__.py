"""The load generator: connects thousands of cheap sockets, in processes of its own, to any
system."""
