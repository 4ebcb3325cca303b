"""Keeps the person of this name out, now and later, or lets them in again.

python -m scripts.ban NAME [--lift]

It is the identity that is banned, whatever it calls itself later; who comes with a new token is
somebody new.
"""

import argparse
import sys

from common.messages import AnyAnswer, Ban
from scripts.broker_client import run


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts.ban", description="Keeps a person out.")
    parser.add_argument("name", help="the person's name")
    parser.add_argument("--lift", action="store_true", help="let them in again")
    args = parser.parse_args(arguments)

    def tell(answer: AnyAnswer) -> str:
        return f"{args.name} may come again" if args.lift else f"{args.name} is banned"

    return run("ban", lambda no: Ban(no=no, user=args.name, lift=args.lift), tell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
