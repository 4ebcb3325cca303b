"""The stores: what outlives the broker."""
