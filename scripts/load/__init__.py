"""The load generator: a crowd of cheap sockets, in processes of its own, against any system."""
