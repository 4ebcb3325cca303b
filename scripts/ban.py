"""Keeps a person out, now and later, or lets them in again.

python -m scripts.ban NAME [--lift]
python -m scripts.ban --uid UID [--lift]    if several people had the name; events have the `Uid`

The ban is on the identity, whatever name the person takes later. Whoever comes with a new token is
somebody else.
"""

import argparse

from common.messages import AnyAnswer, Ban
from scripts import cli
from scripts.broker_client import run


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts.ban", description="Keeps a person out.")
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("name", nargs="?", type=cli.text, help="the person's name")
    whom.add_argument("--uid", help="the person's uid instead")
    parser.add_argument("--lift", action="store_true", help="let them in again")
    args = parser.parse_args(arguments)

    def tell(answer: AnyAnswer) -> str:
        who = args.uid or args.name
        return f"{who} may come again" if args.lift else f"{who} is banned"

    return run("ban", lambda no: Ban(no=no, user=args.name, uid=args.uid, lift=args.lift), tell)


if __name__ == "__main__":
    cli.end(main)
