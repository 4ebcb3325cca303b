"""The codec: messages to bytes and back. Any bytes give a message or FrameError, nothing else."""

from typing import Any

import msgpack
import msgspec

from common.errors import FrameError
from common.messages import AnyAnswer, AnyBroadcast, AnyCommand

FRAME_BYTES = 4 << 20
"""Nobody sends a larger frame; both ends set it as MAXMSGSIZE."""
PAGE_BYTES = 1 << 20
"""Lists of events are cut to frames of about this size."""


def encode(message: AnyCommand | AnyAnswer | AnyBroadcast) -> bytes:
    """One msgpack map."""
    packed: bytes = msgpack.packb(msgspec.to_builtins(message))
    return packed


def decode_command(frame: bytes) -> AnyCommand:
    message: AnyCommand = _decode(frame, AnyCommand)
    return message


def decode_answer(frame: bytes) -> AnyAnswer:
    message: AnyAnswer = _decode(frame, AnyAnswer)
    return message


def decode_broadcast(frame: bytes) -> AnyBroadcast:
    message: AnyBroadcast = _decode(frame, AnyBroadcast)
    return message


def _decode(frame: bytes, kind: Any) -> Any:
    if len(frame) > FRAME_BYTES:
        raise FrameError(f"a frame has at most {FRAME_BYTES} bytes, this one {len(frame)}")
    try:
        return msgspec.convert(msgpack.unpackb(frame), kind)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise FrameError(f"not a frame of wire version 1: {error}") from error
