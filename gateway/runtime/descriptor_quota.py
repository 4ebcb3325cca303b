"""The places: which descriptors browsers may hold, so that some are left for all else.

The kernel gives the lowest number that is free: while browsers stay below one, those from there on
are free of them, whoever comes and goes.
"""

import asyncio

from common.descriptors import limit

OWN = 64
"""Descriptors for the link, files and whatever else is not let in."""
BRIEF = 64
"""Below them, those of brief visits: /healthz is answered, who wants to stay is told to try again
elsewhere."""


def may_stay(descriptor: int) -> bool:
    """Somebody may hold it for long."""
    return descriptor < browsers()


def stays(transport: asyncio.BaseTransport) -> bool:
    """Who is connected by it may stay."""
    return may_stay(transport.get_extra_info("socket").fileno())


def may_visit(descriptor: int) -> bool:
    """Somebody may hold it for a short time."""
    most = limit()
    return descriptor < most - min(OWN, most // 4)


def browsers() -> int:
    """How many descriptors are for those who stay, and what the process itself opened first."""
    most = limit()
    return most - min(OWN, most // 4) - min(BRIEF, most // 4)
