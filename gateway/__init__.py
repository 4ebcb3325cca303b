"""The gateway: carries the broker's truth to browsers and holds none of it."""
