"""Blanks a message everywhere: in the store, in history, on every open page.

python -m scripts.delete ROOM SEQ

SEQ is the number of the message in its room, as history and the chat events tell it.
"""

import argparse

from common.messages import AnyAnswer, Blank, Said
from scripts import cli
from scripts.broker_client import run


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts.delete", description="Blanks a message.")
    parser.add_argument("room", type=cli.text, help="the room's name")
    parser.add_argument("seq", type=int, help="the message's number in the room")
    args = parser.parse_args(arguments)
    if not 0 < args.seq < 1 << 53:
        parser.error("SEQ counts from 1")

    def tell(answer: AnyAnswer) -> str:
        assert isinstance(answer, Said)
        return f"deleted {args.seq} in {answer.room}, told there as number {answer.seq}"

    return run("delete", lambda no: Blank(no=no, room=args.room, seq=args.seq), tell)


if __name__ == "__main__":
    cli.end(main)
