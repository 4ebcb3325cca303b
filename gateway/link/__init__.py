"""The connection to the broker, made anew whenever it is lost."""
