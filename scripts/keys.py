"""`python -m scripts.keys [NAME …]`: makes the CURVE keys of a broker and of its peers.

In HUBBUB_KEYS, or `keys`: the broker's pair and the pair `local` if they are not there, and a pair
for each NAME (one a host or a purpose). Nothing is overwritten.
"""

import argparse
import sys
from pathlib import Path

from common.keys import BROKER, LOCAL, KeysError, make_pair
from common.settings import SettingsError, read_settings

FOLDER = "keys"


def main(arguments: list[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m scripts.keys", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help="a peer, such as a host's name")
    names = parser.parse_args(arguments).names
    try:
        folder = Path(read_settings().keys or FOLDER)
        for name in dict.fromkeys([BROKER, LOCAL, *names]):
            made = make_pair(folder, name)
            print(f"{folder / name}.key: {'made' if made else 'is there, left as it was'}")
    except (SettingsError, KeysError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\nThe broker: HUBBUB_KEYS={folder}, and start it again: it reads the folder at start.")
    print("Gateways and scripts here: the same; they are `local`.")
    for name in dict.fromkeys(names):
        print(f"Those at {name}: copy {BROKER}.key and {name}.key_secret, nothing else, into a")
        print("  folder there that only they can read, and set HUBBUB_KEYS to it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
