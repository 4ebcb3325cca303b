"""Announces something to everybody, or to one room.

python -m scripts.announce "Maintenance at noon" [--room lobby]

Prints what the broker has accepted: on disk and on its way to every open page. Exit status 0 only
then.
"""

import argparse
import datetime
import secrets
import sys
from functools import partial

from common.messages import Announce, AnyAnswer, Said
from scripts.broker_client import run


def tell(text: str, answer: AnyAnswer) -> str:
    assert isinstance(answer, Said)
    time = datetime.datetime.fromtimestamp(answer.timestamp).astimezone()
    return f"{time:%Y-%m-%d %H:%M:%S %Z}: announced in {answer.room} as number {answer.seq}: {text}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts.announce", description="Announces something.")
    parser.add_argument("text", help="what to announce")
    parser.add_argument("--room", default="", help="only to this room; without it to everybody")
    args = parser.parse_args(arguments)
    # One id for all attempts: whatever got lost, it is announced once.
    id = secrets.token_urlsafe(12)
    return run(
        "announce",
        lambda no: Announce(no=no, text=args.text, room=args.room, id=id),
        partial(tell, args.text),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
