"""Announces something to everybody, or to one room.

python -m scripts.announce "Maintenance at noon" [--room lobby]

If the exit status is 0, the announcement is on disk and on its way to every open page; a line says
which number it has.
"""

import argparse
import datetime
import secrets
from functools import partial

from common.messages import Announce, AnyAnswer, Said
from scripts import cli
from scripts.broker_client import run


def tell(text: str, answer: AnyAnswer) -> str:
    assert isinstance(answer, Said)
    time = datetime.datetime.fromtimestamp(answer.timestamp).astimezone()
    return f"{time:%Y-%m-%d %H:%M:%S %Z}: announced in {answer.room} as number {answer.seq}: {text}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts.announce", description="Announces something.")
    parser.add_argument("text", type=cli.text, help="what to announce")
    parser.add_argument(
        "--room", type=cli.text, default="", help="only to this room; without it to everybody"
    )
    args = parser.parse_args(arguments)
    # One id for all attempts: if an answer is lost, the text is still announced only once.
    id = secrets.token_urlsafe(12)
    return run(
        "announce",
        lambda no: Announce(no=no, text=args.text, room=args.room, id=id),
        partial(tell, args.text),
    )


if __name__ == "__main__":
    cli.end(main)
