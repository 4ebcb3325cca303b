"""`python -m scripts.keys [NAME …] [--role ROLE]`: makes the CURVE keys of a broker and its peers.

In HUBBUB_KEYS, or `keys`: the broker's pair, the pair `local` for gateways on this host, the pair
`admin` for scripts on this host, and a pair for each NAME (one a host or a purpose) with this role.
A pair that is there is kept; only its role is changed, if one is given. The roles:

  gateway    serves browsers: speaks for the people that it holds, hears all public rooms
  publisher  may announce
  moderator  may announce, delete messages and ban people
  admin      may do all that scripts can
  monitor    may say hello, and so see whether the broker answers
"""

import argparse
import sys
from pathlib import Path

from common.keys import ADMIN, BROKER, DEFAULT_ROLE, LOCAL, ROLES, KeysError, make_pair, set_role
from common.settings import SettingsError, read_settings
from scripts import cli

FOLDER = "keys"


def main(arguments: list[str] | None = None) -> int:
    """Makes the keys that the arguments ask for. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.keys",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="a peer, such as a host's name")
    parser.add_argument(
        "--role", choices=ROLES, help=f"role of these peers; new ones are {DEFAULT_ROLE}"
    )
    args = parser.parse_args(arguments)
    names = [*dict.fromkeys(args.names)]
    try:
        folder = Path(read_settings().keys or FOLDER)
        if args.role and (not names or BROKER in names):
            raise KeysError("keys: --role is for the NAMEs of peers: give one, not the broker's")
        _make(folder, BROKER, "")
        for name, role in ((LOCAL, DEFAULT_ROLE), (ADMIN, "admin")):
            if name not in names:
                _make(folder, name, role)
        for name in names:
            if name != BROKER:
                made = _make(
                    folder, name, args.role or ("admin" if name == ADMIN else DEFAULT_ROLE)
                )
                if not made and args.role:
                    set_role(folder, name, args.role)
                    print(f"{folder / name}.key: has the role {args.role} now")
    except (SettingsError, KeysError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\nThe broker: set HUBBUB_KEYS={folder}, and start it again, so that it reads the keys.")
    print(f"Set it for gateways and scripts here as well: they use the keys {LOCAL} and {ADMIN}.")
    for name in names:
        if name not in (BROKER, LOCAL, ADMIN):
            print(f"At {name}: copy {BROKER}.key and {name}.key_secret, nothing else, into a")
            print("  folder there that only its processes can read, and set HUBBUB_KEYS to it.")
    return 0


def _make(folder: Path, name: str, role: str) -> bool:
    """Returns whether the pair is new; says so, and the role that it was given."""
    given = next((one for one in ROLES if one == role), None)
    made = make_pair(folder, name, given)
    as_role = f", with the role {role}" if given else ""
    print(f"{folder / name}.key: {f'made{as_role}' if made else 'is there, kept as it was'}")
    return made


if __name__ == "__main__":
    cli.end(main)
