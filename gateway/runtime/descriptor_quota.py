"""The descriptor quota: which descriptors browsers may hold, so that some remain for all else.

The kernel gives the lowest number that is free. As long as browsers only keep numbers below a
bound, all numbers from the bound on are free of browsers, however many come and go.
"""

import asyncio

from common.descriptors import descriptor_limit

OWN_DESCRIPTORS = 64
"""The highest descriptors, for the link and for files: no connection is accepted on them."""
SHORT_DESCRIPTORS = 64
"""Those below them, for short requests when browsers hold all the others: /healthz is answered, a
Socket.IO handshake gets 503."""


def may_stay(descriptor: int) -> bool:
    """Whether a browser may hold this descriptor for long."""
    return descriptor < browser_descriptors()


def transport_may_stay(transport: asyncio.BaseTransport) -> bool:
    """Whether a browser may hold the descriptor of this transport for long."""
    return may_stay(transport.get_extra_info("socket").fileno())


def visitor_descriptors() -> int:
    """A connection may hold the descriptors below this one for a short time."""
    most = descriptor_limit()
    return most - min(OWN_DESCRIPTORS, most // 4)


def browser_descriptors() -> int:
    """A browser may hold the descriptors below this one for long. They include those that the
    process opened before."""
    most = descriptor_limit()
    return most - min(OWN_DESCRIPTORS, most // 4) - min(SHORT_DESCRIPTORS, most // 4)
