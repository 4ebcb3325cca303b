"""The codec: messages to bytes and back. Any bytes give a message or a FrameError, nothing else."""

from typing import TypeVar

import msgspec

from common.errors import FrameError
from common.messages import AnyAnswer, AnyBroadcast, AnyCommand

FRAME_BYTES = 4 << 20
"""The largest frame. Both ends set it as MAXMSGSIZE of their ZeroMQ sockets."""
PAGE_BYTES = 1 << 20
"""Lists of events are divided into frames of at most about this size."""


# One decoder for each union of messages. Without one msgspec analyses the union at each call, which
# costs fifty times as much as a small frame.
_encoder = msgspec.msgpack.Encoder()
_commands: msgspec.msgpack.Decoder[AnyCommand] = msgspec.msgpack.Decoder(AnyCommand)
_answers: msgspec.msgpack.Decoder[AnyAnswer] = msgspec.msgpack.Decoder(AnyAnswer)
_broadcasts: msgspec.msgpack.Decoder[AnyBroadcast] = msgspec.msgpack.Decoder(AnyBroadcast)
_T = TypeVar("_T")


def encode(message: AnyCommand | AnyAnswer | AnyBroadcast) -> bytes:
    """The message as one msgpack map."""
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
