"""The ZeroMQ sockets of both sides, with the options that they need."""

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
"""Commands, or answers, that may wait on one link. At the limit sending raises EAGAIN."""
BROADCASTS_QUEUED = 10_000
"""Broadcasts that may wait for one gateway. More are dropped, and the gateway notices the hole in
the Seqs."""
HEARTBEAT_MS = 2_000
SILENCE_MS = 6_000
"""A peer that is silent for this long counts as gone: a machine that loses its power closes no
connection."""
LAST_WORDS_MS = 1_000
"""For this long after `close` a socket still sends what is queued."""
SUBSCRIPTION_BYTES = 1_024
"""The longest frame that a subscriber may send: libzmq handles long topics by deep recursion."""
COMMANDS_DOMAIN, EVENTS_DOMAIN = "commands", "events"
"""The ZAP domains of the broker's two sockets. With keys not every peer may connect to both."""
HANDSHAKE_MS = 2_000
"""The time that a peer has for its handshake, so that a silent connection gives its descriptor
back."""
CONNECTIONS_QUEUED = 1_024
"""Connections that may wait to be accepted."""
RECONNECT_MS = 100
RECONNECT_MAX_MS = 2_000


class SocketError(Exception):
    """An endpoint cannot be used. The message says why, in one line."""


def new_context() -> zmq.Context[ZmqSocket]:
    """A context whose threads never interrupt the thread that they serve: when they are woken while
    all cores are busy, they run as soon as that thread waits (sched(7), SCHED_BATCH). Otherwise a
    process on a busy core would be interrupted at each message that it sends. Under another policy
    than the usual one all stays as it is: to leave SCHED_IDLE needs a privilege, without which
    libzmq aborts the process."""
    context: zmq.Context[ZmqSocket] = zmq.Context()
    if hasattr(os, "SCHED_BATCH") and os.sched_getscheduler(0) == os.SCHED_OTHER:
        context.set(zmq.THREAD_SCHED_POLICY, os.SCHED_BATCH)
    return context


def router(context: zmq.Context[ZmqSocket], keys: BrokerKeys | None) -> ZmqSocket:
    """The broker's end of commands. Sending raises ZMQError: EHOSTUNREACH if the peer is gone,
    EAGAIN if its queue is full."""
    socket = _socket(context, zmq.ROUTER)
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    # No limit of libzmq: version 4.3.5 aborts the process if a peer whose input waits at the limit
    # disconnects while a heartbeat is due (`!_io_error` in stream_engine_base.cpp). Gateways limit
    # the commands that wait for an answer (gateway.link.pending).
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.setsockopt(zmq.SNDHWM, COMMANDS_QUEUED)
    _set_server_options(socket, keys, COMMANDS_DOMAIN)
    return socket


def publisher(context: zmq.Context[ZmqSocket], keys: BrokerKeys | None) -> ZmqSocket:
    """The broker's end of broadcasts. It can receive the subscriptions and unsubscriptions."""
    socket = _socket(context, zmq.XPUB)
    socket.setsockopt(zmq.SNDHWM, BROADCASTS_QUEUED)
    socket.setsockopt(zmq.MAXMSGSIZE, SUBSCRIPTION_BYTES)
    # Receive every subscription of every peer, so that they can be counted.
    socket.setsockopt(zmq.XPUB_VERBOSER, 1)
    # With a limit subscriptions are lost when many gateways reconnect at once (libzmq #4064), and
    # the process may abort (see `router`).
    socket.setsockopt(zmq.RCVHWM, 0)
    _set_server_options(socket, keys, EVENTS_DOMAIN)
    return socket


def dealer(context: zmq.Context[ZmqSocket], keys: PeerKeys | None) -> ZmqSocket:
    """A gateway's or script's end of commands, not yet connected."""
    socket = _socket(context, zmq.DEALER)
    socket.setsockopt(zmq.SNDHWM, COMMANDS_QUEUED)
    socket.setsockopt(zmq.RCVHWM, COMMANDS_QUEUED)
    _set_client_options(socket, keys)
    return socket


def subscriber(context: zmq.Context[ZmqSocket], keys: PeerKeys | None) -> ZmqSocket:
    """A gateway's end of broadcasts, not yet connected."""
    socket = _socket(context, zmq.SUB)
    socket.setsockopt(zmq.RCVHWM, BROADCASTS_QUEUED)
    # Subscriptions are sent like messages, so with a limit some would be lost (libzmq #4064).
    socket.setsockopt(zmq.SNDHWM, 0)
    _set_client_options(socket, keys)
    return socket


def bind(socket: ZmqSocket, endpoint: str) -> str:
    """Binds, and returns the real endpoint (port 0 takes any). Raises SocketError."""
    _choose_ip_version(socket, endpoint)
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
    """Connects in the background, and reconnects. Raises SocketError if the endpoint is invalid."""
    _choose_ip_version(socket, endpoint)
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        raise SocketError(f"{endpoint} cannot be used: {error}") from None


def resolved(endpoint: str) -> str:
    """The same endpoint, but with an IPv6 address if its host has no IPv4 address: ZeroMQ tries one
    kind only. A host without any address stays as it is, because ZeroMQ looks it up again later.
    This blocks while it asks the name service, so do not call it on an event loop."""
    url = urlsplit(endpoint)
    host = url.hostname or ""
    if url.scheme != "tcp" or ":" in host or host == "localhost":
        return endpoint
    with suppress(OSError):
        found = getaddrinfo(host, url.port, type=SOCK_STREAM)
        addresses = {str(address[0]): family for family, _, _, _, address in found}
        if addresses and AF_INET not in addresses.values():
            return f"tcp://[{next(iter(addresses))}]:{url.port}"
    return endpoint


def is_local(endpoint: str) -> bool:
    """Whether only this host can connect to the endpoint."""
    url = urlsplit(endpoint)
    if url.scheme != "tcp" or url.hostname == "localhost":
        return True
    try:
        return ip_address(url.hostname or "").is_loopback
    except ValueError:  # the name of an interface or host, or `*`
        return False


def welcome_events(bound: str, advertise: str) -> str:
    """The value of `Welcome.events`: what is advertised, else the port of the bound endpoint, else
    (for ipc) the endpoint itself."""
    if advertise or not bound.startswith("tcp://"):
        return advertise or bound
    return bound.rpartition(":")[2]


def events_endpoint(broker: str, events: str) -> str:
    """Where to subscribe, from the broker's command endpoint and `Welcome.events`."""
    if not events.isdecimal():
        return events
    host = broker.rpartition(":")[0] if broker.startswith("tcp://") else "tcp://127.0.0.1"
    return f"{host}:{events}"


def _socket(context: zmq.Context[ZmqSocket], kind: int) -> ZmqSocket:
    socket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, LAST_WORDS_MS)
    socket.setsockopt(zmq.MAXMSGSIZE, FRAME_BYTES)
    socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, SILENCE_MS)
    socket.setsockopt(zmq.HEARTBEAT_TTL, SILENCE_MS)
    return socket


def _choose_ip_version(socket: ZmqSocket, endpoint: str) -> None:
    # IPv6 only if the endpoint has an IPv6 address: else `localhost` may mean ::1 on one side only.
    socket.setsockopt(zmq.IPV6, "[" in endpoint)


def _set_server_options(socket: ZmqSocket, keys: BrokerKeys | None, domain: str) -> None:
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
    socket.setsockopt(zmq.BACKLOG, CONNECTIONS_QUEUED)
    if keys is not None:
        socket.setsockopt_string(zmq.ZAP_DOMAIN, domain)
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.own.secret)


def _set_client_options(socket: ZmqSocket, keys: PeerKeys | None) -> None:
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS)
    if keys is not None:
        socket.setsockopt(zmq.CURVE_SERVERKEY, keys.broker)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.own.public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.own.secret)
