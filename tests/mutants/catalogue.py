"""The catalogue of mutants: what would break each promise, and which test notices."""

from tests.mutants import broker, rooms, store, transport

MUTANTS = (*broker.MUTANTS, *store.MUTANTS, *rooms.MUTANTS, *transport.MUTANTS)
