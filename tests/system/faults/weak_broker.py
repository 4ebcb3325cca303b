"""A broker that syncs as WEAK_SYNC says: what the power-cut test must notice."""

import os
import sqlite3
import sys

from broker.__main__ import main
from broker.store import schema

prepare = schema.prepare


def prepare_weakly(connection: sqlite3.Connection) -> None:
    prepare(connection)
    connection.execute(f"PRAGMA synchronous = {os.environ['WEAK_SYNC']}")


if __name__ == "__main__":
    schema.prepare = prepare_weakly
    sys.exit(main())
