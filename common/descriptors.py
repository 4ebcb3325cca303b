"""The descriptors: how many this process may have open."""

import resource
from contextlib import suppress

MOST = 1 << 20
"""None of ours needs more, and some systems tell no end."""


def raise_descriptor_limit() -> int:
    """Allows this process as many as it may allow itself; tells how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # less than what is told is possible on some systems
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return descriptor_limit()


def descriptor_limit() -> int:
    """How many there may be now."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(soft, MOST)
