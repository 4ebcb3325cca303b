"""The ZeroMQ sockets of both sides, with the options that they must not be without."""

import os
from contextlib import suppress
from ipaddress import ip_address
from socket import AF_INET, SOCK_STREAM, getaddrinfo
from urllib.parse import urlsplit

import zmq

from common.codec import FRAME_BYTES
from common.keys import BrokerKeys, PeerKeys

ZmqSocket = zmq.Socket[bytes]
COMMANDS_QUEUED = 10_000
"""Commands, or answers, that wait on one link; a sender sees EAGAIN at the limit."""
BROADCASTS_QUEUED = 10_000
"""Broadcasts that wait for one gateway; more are dropped, and the gateway sees the hole."""
HEARTBEAT_MS = 2_000
SILENCE_MS = 6_000
"""A peer that is silent for so long is gone: one that lost its power never says so."""
LAST_WORDS_MS = 1_000
"""How long a closed socket goes on to send."""
SUBSCRIPTION_BYTES = 1_024
"""The longest frame that a subscriber may send. libzmq takes long topics apart by recursion."""
COMMANDS_DOMAIN, EVENTS_DOMAIN = "commands", "events"
"""The ZAP domains of the broker's two sockets: with keys, not every peer may connect to both."""
HANDSHAKE_MS = 2_000
"""Time for a peer's handshake: a silent connection does not keep a descriptor longer."""
CONNECTIONS_QUEUED = 1_024
"""Connections that wait to be accepted."""
RECONNECT_MS = 100
RECONNECT_MAX_MS = 2_000


class SocketError(Exception):
    """An endpoint cannot be used; the message says why, in one line."""


def router(context: zmq.Context[ZmqSocket], keys: BrokerKeys | None) -> ZmqSocket:
    """The broker's end of commands. A send to nobody raises ZMQError(EHOSTUNREACH), to somebody who
    does not read EAGAIN."""
    socket = _socket(context, zmq.ROUTER)
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    # No bound of libzmq's own: 4.3.5 aborts the process when a peer whose input waits at the bound
    # hangs up and a heartbeat is due or waits too (`!_io_error` in stream_engine_base.cpp).
    # Gateways bound what they have under way (gateway.link.pending).
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.setsockopt(zmq.SNDHWM, COMMANDS_QUEUED)
    _serve(socket, keys, COMMANDS_DOMAIN)
    return socket


def publisher(context: zmq.Context[ZmqSocket], keys: BrokerKeys | None) -> ZmqSocket:
    """The broker's end of broadcasts."""
    socket = _socket(context, zmq.XPUB)
    socket.setsockopt(zmq.SNDHWM, BROADCASTS_QUEUED)
    socket.setsockopt(zmq.MAXMSGSIZE, SUBSCRIPTION_BYTES)
    # All of each peer, so that they can be counted.
    socket.setsockopt(zmq.XPUB_VERBOSER, 1)
    # Without it, subscriptions are lost when many gateways come back at once (libzmq #4064).
    # Nor must there be a bound for the reason that `router` tells.
    socket.setsockopt(zmq.RCVHWM, 0)
    _serve(socket, keys, EVENTS_DOMAIN)
    return socket


def dealer(context: zmq.Context[ZmqSocket], keys: PeerKeys | None) -> ZmqSocket:
    """A gateway's or script's end of commands, not yet connected."""
    socket = _socket(context, zmq.DEALER)
    socket.setsockopt(zmq.SNDHWM, COMMANDS_QUEUED)
    socket.setsockopt(zmq.RCVHWM, COMMANDS_QUEUED)
    _visit(socket, keys)
    return socket


def subscriber(context: zmq.Context[ZmqSocket], keys: PeerKeys | None) -> ZmqSocket:
    """A gateway's end of broadcasts, not yet connected."""
    socket = _socket(context, zmq.SUB)
    socket.setsockopt(zmq.RCVHWM, BROADCASTS_QUEUED)
    # Subscriptions are sent like messages: with a limit some are lost (libzmq #4064).
    socket.setsockopt(zmq.SNDHWM, 0)
    _visit(socket, keys)
    return socket


def bind(socket: ZmqSocket, endpoint: str) -> str:
    """Binds, and returns the real endpoint (port 0 takes any). Raises SocketError."""
    _speak(socket, endpoint)
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        reason = "is in use" if error.errno == zmq.EADDRINUSE else f"cannot be used: {error}"
        raise SocketError(f"{endpoint} {reason}") from None
    bound = str(socket.getsockopt_string(zmq.LAST_ENDPOINT)).rstrip("\0")
    path = bound.removeprefix("ipc://")
    if path not in (bound, "") and not path.startswith("@"):
        os.chmod(path, 0o600)  # for this user only, as the store is
    return bound


def connect(socket: ZmqSocket, endpoint: str) -> None:
    """Connects in the background, again and again. Raises SocketError if the endpoint is none."""
    _speak(socket, endpoint)
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        raise SocketError(f"{endpoint} cannot be used: {error}") from None


def resolved(endpoint: str) -> str:
    """The endpoint as it is, or by its IPv6 address if its host has no other: ZeroMQ tries one kind
    only. Asks the name service: not on an event loop. Who has no address at all is left to ZeroMQ,
    which asks again and again."""
    url = urlsplit(endpoint)
    host = url.hostname or ""
    if url.scheme != "tcp" or ":" in host or host == "localhost":
        return endpoint
    with suppress(OSError):
        found = getaddrinfo(host, url.port, type=SOCK_STREAM)
        addresses = {str(place[0]): family for family, _, _, _, place in found}
        if addresses and AF_INET not in addresses.values():
            return f"tcp://[{next(iter(addresses))}]:{url.port}"
    return endpoint


def is_local(endpoint: str) -> bool:
    """Whether only this host can reach it."""
    url = urlsplit(endpoint)
    if url.scheme != "tcp" or url.hostname == "localhost":
        return True
    try:
        return ip_address(url.hostname or "").is_loopback
    except ValueError:  # an interface, a host's name or `*`
        return False


def events_told(bound: str, advertise: str) -> str:
    """What `Welcome.events` tells of this endpoint: as advertised, else its port, else itself."""
    if advertise or not bound.startswith("tcp://"):
        return advertise or bound
    return bound.rpartition(":")[2]


def events_endpoint(broker: str, told: str) -> str:
    """Where to subscribe, from the broker's command endpoint and what its Welcome told."""
    if not told.isdecimal():
        return told
    host = broker.rpartition(":")[0] if broker.startswith("tcp://") else "tcp://127.0.0.1"
    return f"{host}:{told}"


def _socket(context: zmq.Context[ZmqSocket], kind: int) -> ZmqSocket:
    socket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, LAST_WORDS_MS)
    socket.setsockopt(zmq.MAXMSGSIZE, FRAME_BYTES)
    socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, SILENCE_MS)
    socket.setsockopt(zmq.HEARTBEAT_TTL, SILENCE_MS)
    return socket


def _speak(socket: ZmqSocket, endpoint: str) -> None:
    # Only where it is asked for: else `localhost` may mean ::1 to one side only.
    socket.setsockopt(zmq.IPV6, "[" in endpoint)


def _serve(socket: ZmqSocket, keys: BrokerKeys | None, domain: str) -> None:
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
    socket.setsockopt(zmq.BACKLOG, CONNECTIONS_QUEUED)
    if keys is not None:
        socket.setsockopt_string(zmq.ZAP_DOMAIN, domain)
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.own.secret)


def _visit(socket: ZmqSocket, keys: PeerKeys | None) -> None:
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS)
    if keys is not None:
        socket.setsockopt(zmq.CURVE_SERVERKEY, keys.broker)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.own.public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.own.secret)
