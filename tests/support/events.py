"""Events as the broker tells them, with what a test does not care about filled in."""

from common.messages import Event


def message(seq: int, text: str = "x", rev: int = 0) -> Event:
    return Event(
        seq=seq, kind="message", user="ann", timestamp=1.0, text=text, uid="u-ann", rev=rev
    )


def messages(first: int, last: int) -> list[Event]:
    """The messages from Seq `first` to `last`."""
    return [message(seq) for seq in range(first, last + 1)]
