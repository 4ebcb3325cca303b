"""A script as a client of the broker: hello, one command and its answer, within a few seconds."""

import sys
import time
from collections.abc import Callable

import zmq

from common.codec import decode_answer, encode
from common.errors import FrameError, Refused
from common.keys import ADMIN, LOCAL, KeysError, peer_keys
from common.messages import WIRE, AnyAnswer, AnyCommand, Failed, Hello
from common.settings import Settings, SettingsError, read_settings
from common.zmq_sockets import SocketError, ZmqSocket, connect, dealer, resolved

WAIT_S = 4.0
"""A script ends with an answer or an error after this time at the latest."""
ATTEMPT_S = 1.5
"""A link that brings no answer in this time is replaced: a command may be lost with a broker that
stops, and is sent again on a new link."""
PAUSE_S = 0.2
"""Pause between attempts when the broker answered `unavailable`."""

HELLO_NO, COMMAND_NO = 1, 2

Make = Callable[[int], AnyCommand]
"""Makes the command with the given `no`: the same command at each call."""


class Unanswered(Exception):
    """The broker did not answer in time; the message says what to look at."""


def ask(settings: Settings, make: Make, wait_s: float = WAIT_S) -> AnyAnswer:
    """The broker's answer. Raises Refused for an error, Unanswered for no answer, KeysError if
    HUBBUB_KEYS cannot be used, SocketError if HUBBUB_BROKER cannot."""
    keys = peer_keys(settings.keys, settings.key, (ADMIN, LOCAL))
    deadline = time.monotonic() + wait_s
    unknown: Refused | None = None
    greeted = False
    while (left := deadline - time.monotonic()) > 0:
        with zmq.Context() as context, dealer(context, keys) as socket:
            socket.linger = 0  # what is unsent when we give up must not hold the exit up
            connect(socket, resolved(settings.broker))
            attempt = time.monotonic() + min(ATTEMPT_S, left)
            hello = Hello(no=HELLO_NO, wire=WIRE)
            if _exchange(socket, hello, attempt) is None:
                continue
            greeted = True
            try:
                answer = _exchange(socket, make(COMMAND_NO), attempt)
            except Refused as refused:
                if refused.code not in ("unavailable", "hello"):
                    raise
                unknown = refused
                time.sleep(min(PAUSE_S, max(0.0, deadline - time.monotonic())))
                continue
            if answer is not None:
                return answer
    if unknown is not None:
        raise unknown
    if greeted:
        raise Unanswered(
            f"the broker at {settings.broker} has not said whether it was done; check that before "
            "you run this again"
        )
    raise Unanswered(
        f"no answer from the broker at {settings.broker}; is it running, are HUBBUB_BROKER and "
        "HUBBUB_KEYS right?"
    )


def run(script: str, make: Make, tell: Callable[[AnyAnswer], str]) -> int:
    """Sends the command to the broker of the environment's settings, and prints the outcome.
    Returns the exit status."""
    try:
        print(tell(ask(read_settings(), make)))
    except Refused as refused:
        print(f"{script}: {refused.message} ({refused.code})", file=sys.stderr)
    except (SettingsError, KeysError, Unanswered, SocketError, zmq.ZMQError) as error:
        print(f"{script}: {error}", file=sys.stderr)
    except UnicodeEncodeError:
        print(f"{script}: what was given is not UTF-8 text", file=sys.stderr)
    else:
        return 0
    return 1


def _exchange(socket: ZmqSocket, command: AnyCommand, deadline: float) -> AnyAnswer | None:
    """Sends one command and waits for its answer; None at the deadline. Raises Refused."""
    socket.send(encode(command))
    while (left := deadline - time.monotonic()) > 0:
        if not socket.poll(int(left * 1000) + 1):
            continue
        try:
            answer = decode_answer(b"".join(socket.recv_multipart()))
        except FrameError as error:
            raise Unanswered(f"this is not a broker of this version: {error}") from None
        if answer.no != command.no:
            continue
        if isinstance(answer, Failed):
            raise Refused(answer.code, answer.message, answer.retry_after_s)
        return answer
    return None
