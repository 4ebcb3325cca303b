"""The CURVE keys: who a process is to the other end of its ZeroMQ sockets.

One flat folder, zmq's own certificate files: NAME.key is public, NAME.key_secret has both halves.
"""

import os
import re
import stat
import tempfile
from pathlib import Path

import zmq.auth
from msgspec import Struct

BROKER = "broker"
LOCAL = "local"
"""The pair for peers on the broker's own host."""
NAME_CHARS = 40


class KeysError(Exception):
    """The keys cannot be used; the message says why and what to do, in one line."""


class Pair(Struct, frozen=True):
    """A key pair, in Z85. `repr` keeps quiet about it: this may be logged by accident."""

    public: bytes
    secret: bytes

    def __repr__(self) -> str:
        return "Pair(…)"


class BrokerKeys(Struct, frozen=True):
    """A broker's own pair, and whom it admits: names by public key."""

    own: Pair
    peers: dict[bytes, str]


class PeerKeys(Struct, frozen=True):
    """A gateway's or script's own pair, and the broker's public key."""

    own: Pair
    broker: bytes


def broker_keys(folder: str) -> BrokerKeys | None:
    """The keys in a broker's folder, None without folder. Raises KeysError."""
    if not folder:
        return None
    peers = {
        _public(path): path.stem
        for path in sorted(_folder(folder).glob("*.key"))
        if path.stem != BROKER
    }
    return BrokerKeys(_pair(Path(folder) / f"{BROKER}.key_secret"), peers)


def peer_keys(folder: str, name: str = "") -> PeerKeys | None:
    """The keys of a gateway or script: the named pair, else `local`, else the only one. None
    without folder. Raises KeysError."""
    if not folder:
        return None
    secrets = {path.stem: path for path in _folder(folder).glob("*.key_secret")}
    secrets.pop(BROKER, None)
    if not name:
        name = LOCAL if LOCAL in secrets or len(secrets) != 1 else next(iter(secrets))
    if name not in secrets:
        raise KeysError(
            f"keys: {folder} has no {name}.key_secret; make it with `python -m scripts.keys {name}`"
            " where the broker is, or name another in HUBBUB_KEY"
        )
    return PeerKeys(_pair(secrets[name]), _public(Path(folder) / f"{BROKER}.key"))


def make_pair(folder: Path, name: str) -> bool:
    """Makes NAME.key and NAME.key_secret, the latter for this user only. False if it is there:
    nothing is ever overwritten. Raises KeysError."""
    if not re.fullmatch(rf"[\w][\w.-]{{0,{NAME_CHARS - 1}}}", name):
        raise KeysError(f"keys: {name!r} is no name: letters, digits, '-', '_' and '.' make one")
    public, secret = folder / f"{name}.key", folder / f"{name}.key_secret"
    if public.exists() or secret.exists():
        return False
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # zmq writes the secret for all to read: out of their reach, then closed, then moved.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as making:
            made_public, made_secret = zmq.auth.create_certificates(making, name)
            os.chmod(made_secret, 0o600)
            os.link(made_secret, secret)
            os.link(made_public, public)
    except OSError as error:
        raise KeysError(f"keys: cannot make {public}: {error.strerror}") from None
    return True


def _folder(folder: str) -> Path:
    path = Path(folder)
    if not path.is_dir():
        raise KeysError(f"keys: HUBBUB_KEYS is {folder}, which is no folder; see scripts.keys")
    return path


def _public(path: Path) -> bytes:
    return _load(path)[0]


def _pair(path: Path) -> Pair:
    _refuse_open(path)
    public, secret = _load(path)
    if secret is None:
        raise KeysError(f"keys: {path} has no secret key in it")
    return Pair(public, secret)


def _refuse_open(path: Path) -> None:
    """As ssh does: nobody but the owner may read a secret. A file of another owner is their care:
    a service may be let read it by its group."""
    try:
        found = path.stat()
    except OSError:
        return  # `_load` tells
    if found.st_uid == os.getuid() and found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise KeysError(f"keys: others may read {path} (mode {mode:04o}): chmod 600 it")


def _load(path: Path) -> tuple[bytes, bytes | None]:
    try:
        public, secret = zmq.auth.load_certificate(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise KeysError(f"keys: {path}: {reason or 'this is no key file'}") from None
    if len(public) != 40 or (secret is not None and len(secret) != 40):
        raise KeysError(f"keys: {path}: a key has 40 characters")
    return public, secret
