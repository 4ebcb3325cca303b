"""The limit of descriptors that this process may have open."""

import resource
from contextlib import suppress

MOST = 1 << 20
"""Used if the system has no limit. No process of ours needs more."""


def raise_descriptor_limit() -> int:
    """Raises the limit as far as this process may. Returns the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return descriptor_limit()


def descriptor_limit() -> int:
    """The present limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(soft, MOST)
