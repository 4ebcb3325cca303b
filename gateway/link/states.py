"""The states of a link, and which state follows which. Pure.

A link goes through all states from DOWN to UP; a loss in any of them leads back to DOWN.
"""

from enum import Enum, auto


class LinkState(Enum):
    """How far the link is."""

    DOWN = auto()
    """There is no connection. Commands and topics are kept for the next one."""
    GREETING = auto()
    """Hello was sent; the broker's Welcome has not come yet."""
    WELCOMED = auto()
    """`events` tells where the broker publishes. The driver has to connect to that address."""
    SUBSCRIBING = auto()
    """The topics are being subscribed, STEP_TOPICS at a time."""
    REGISTERING = auto()
    """The broker is being told which sessions are here, one Register after the other."""
    RESENDING = auto()
    """The commands without an answer are being sent again, STEP_COMMANDS at a time."""
    UP = auto()
    """The broker knows which sessions are here, and was sent all waiting commands again. New
    commands are sent at once."""
    LEAVING = auto()
    """As UP; Bye was sent."""
    LEFT = auto()
    """As LEAVING; the broker has answered the Bye."""


class LinkEvent(Enum):
    """What leads from one state to the next."""

    CONNECT = auto()
    WELCOME = auto()
    LISTEN = auto()
    """The driver has begun to connect to where the broker publishes."""
    SUBSCRIBED = auto()
    """All subscriptions are on their way."""
    REGISTERED = auto()
    """The last Register was answered."""
    RESENT = auto()
    """The last command without an answer was sent again."""
    LEAVE = auto()
    BYE_ANSWERED = auto()
    LOSS = auto()


TRANSITIONS = {
    (LinkState.DOWN, LinkEvent.CONNECT): LinkState.GREETING,
    (LinkState.GREETING, LinkEvent.WELCOME): LinkState.WELCOMED,
    (LinkState.WELCOMED, LinkEvent.LISTEN): LinkState.SUBSCRIBING,
    (LinkState.SUBSCRIBING, LinkEvent.SUBSCRIBED): LinkState.REGISTERING,
    (LinkState.REGISTERING, LinkEvent.REGISTERED): LinkState.RESENDING,
    (LinkState.RESENDING, LinkEvent.RESENT): LinkState.UP,
    (LinkState.UP, LinkEvent.LEAVE): LinkState.LEAVING,
    (LinkState.LEAVING, LinkEvent.BYE_ANSWERED): LinkState.LEFT,
    **{(state, LinkEvent.LOSS): LinkState.DOWN for state in LinkState if state.name != "DOWN"},
}


class LinkLost(Exception):
    """This connection is of no use any more; the message says why."""
