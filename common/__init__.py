"""What broker, gateway and scripts share: messages, names, settings, keys, sockets, files."""
