"""The codec: messages to bytes and back. Any bytes give a message or FrameError, nothing else."""

from typing import TypeVar

import msgspec

from common.errors import FrameError
from common.messages import AnyAnswer, AnyBroadcast, AnyCommand

FRAME_BYTES = 4 << 20
"""Nobody sends a larger frame; both ends set it as MAXMSGSIZE."""
PAGE_BYTES = 1 << 20
"""Lists of events are cut to frames of about this size."""


# One decoder a kind: to convert to a union of types without one takes the union apart each time,
# which costs fifty times what a small frame does.
_encoder = msgspec.msgpack.Encoder()
_commands: msgspec.msgpack.Decoder[AnyCommand] = msgspec.msgpack.Decoder(AnyCommand)
_answers: msgspec.msgpack.Decoder[AnyAnswer] = msgspec.msgpack.Decoder(AnyAnswer)
_broadcasts: msgspec.msgpack.Decoder[AnyBroadcast] = msgspec.msgpack.Decoder(AnyBroadcast)
_T = TypeVar("_T")


def encode(message: AnyCommand | AnyAnswer | AnyBroadcast) -> bytes:
    """One msgpack map."""
    return _encoder.encode(message)


def decode_command(frame: bytes) -> AnyCommand:
    return _decode(frame, _commands)


def decode_answer(frame: bytes) -> AnyAnswer:
    return _decode(frame, _answers)


def decode_broadcast(frame: bytes) -> AnyBroadcast:
    return _decode(frame, _broadcasts)


def _decode(frame: bytes, decoder: "msgspec.msgpack.Decoder[_T]") -> _T:
    if len(frame) > FRAME_BYTES:
        raise FrameError(f"a frame has at most {FRAME_BYTES} bytes, this one {len(frame)}")
    try:
        return decoder.decode(frame)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"not a frame of wire version 1: {error!s:.200}") from error
