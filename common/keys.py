"""The CURVE keys: prove to the other end of a ZeroMQ socket which process this is.

They are certificate files of zmq in one flat folder: NAME.key has the public key, NAME.key_secret
the pair. The metadata of the broker's copy of NAME.key has the role of the key.
"""

import os
import re
import stat
import tempfile
from pathlib import Path
from typing import Literal, get_args

import zmq.auth
from msgspec import Struct

BROKER = "broker"
LOCAL = "local"
"""The name of the pair for gateways on the broker's host."""
ADMIN = "admin"
"""The name of the pair for scripts on the broker's host."""
NAME_CHARS = 40

Role = Literal["gateway", "publisher", "moderator", "admin", "monitor"]
"""broker/shell/permissions.py says which commands the keys of each role may send."""
ROLES: tuple[Role, ...] = get_args(Role)
DEFAULT_ROLE: Role = "gateway"
"""The role of a key whose file has none: older versions had no roles."""
_ROLE_LINE = re.compile(r'^[ \t]*role[ \t]*=[ \t]*"?([^"\n]*?)"?[ \t]*(?:\n|\Z)', re.M)


class KeysError(Exception):
    """The keys cannot be used. The message says why and what to do, in one line."""


class Pair(Struct, frozen=True):
    """A key pair, in Z85. Its `repr` hides the keys, in case it is logged by accident."""

    public: bytes
    secret: bytes

    def __repr__(self) -> str:
        return "Pair(…)"


class BrokerKeys(Struct, frozen=True):
    """A broker's own pair, and the keys that may connect."""

    own: Pair
    peers: dict[bytes, str]
    """The name of each key, by its public half."""
    roles: dict[str, Role]
    """The role of each name."""
    without_role: tuple[str, ...]
    """The names whose files have no role, so that they have DEFAULT_ROLE."""


class PeerKeys(Struct, frozen=True):
    """A gateway's or script's own pair, and the broker's public key."""

    own: Pair
    broker: bytes


def broker_keys(folder: str) -> BrokerKeys | None:
    """The keys in a broker's folder; None if `folder` is empty. Raises KeysError."""
    if not folder:
        return None
    peers: dict[bytes, str] = {}
    found: dict[str, Role | None] = {}
    for path in sorted(_folder(folder).glob("*.key")):
        if path.stem != BROKER:
            peers[_public(path)] = path.stem
            found[path.stem] = _role(path)
    return BrokerKeys(
        own=_pair(Path(folder) / f"{BROKER}.key_secret"),
        peers=peers,
        roles={name: role or DEFAULT_ROLE for name, role in found.items()},
        without_role=tuple(name for name, role in found.items() if role is None),
    )


def peer_keys(folder: str, name: str = "", prefer: tuple[str, ...] = (LOCAL,)) -> PeerKeys | None:
    """The keys of a gateway or script: the named pair; without a name the first of `prefer` that
    exists, else the only pair. None if `folder` is empty. Raises KeysError."""
    if not folder:
        return None
    secrets = {path.stem: path for path in _folder(folder).glob("*.key_secret")}
    secrets.pop(BROKER, None)
    if not name:
        only = [*secrets] if len(secrets) == 1 else []
        name = next((pair for pair in (*prefer, *only) if pair in secrets), LOCAL)
    if name not in secrets:
        raise KeysError(
            f"keys: {folder} has no {name}.key_secret; make it with `python -m scripts.keys {name}`"
            " where the broker is, or name another in HUBBUB_KEY"
        )
    return PeerKeys(_pair(secrets[name]), _public(Path(folder) / f"{BROKER}.key"))


def make_pair(folder: Path, name: str, role: Role | None = None) -> bool:
    """Makes NAME.key, and NAME.key_secret, which only this user may read. Returns False if one of
    them exists: a key is never overwritten. Raises KeysError."""
    if not re.fullmatch(rf"[\w][\w.-]{{0,{NAME_CHARS - 1}}}", name):
        raise KeysError(f"keys: {name!r} cannot be a name: use letters, digits, '-', '_' and '.'")
    public, secret = folder / f"{name}.key", folder / f"{name}.key_secret"
    if public.exists() or secret.exists():
        return False
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # zmq writes the secret readable for everybody. So it is written in a folder that only this
        # user may enter, and moved when its mode is right.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as making:
            made_public, made_secret = zmq.auth.create_certificates(making, name)
            os.chmod(made_secret, 0o600)
            if role is not None:
                _write_role(Path(made_public), role)
            os.link(made_secret, secret)
            os.link(made_public, public)
    except OSError as error:
        raise KeysError(f"keys: cannot make {public}: {error.strerror}") from None
    return True


def set_role(folder: Path, name: str, role: Role) -> None:
    """Writes the role into NAME.key, and keeps the key. Raises KeysError."""
    path = folder / f"{name}.key"
    _public(path)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as making:
            changed = Path(making) / path.name
            changed.write_bytes(path.read_bytes())
            os.chmod(changed, stat.S_IMODE(path.stat().st_mode))
            _write_role(changed, role)
            changed.replace(path)
    except OSError as error:
        raise KeysError(f"keys: cannot change {path}: {error.strerror}") from None


def _write_role(path: Path, role: Role) -> None:
    text = _ROLE_LINE.sub("", path.read_text(encoding="utf-8"))
    curve = re.search(r"^[ \t]*curve[ \t]*$", text, re.M)
    if curve is None:
        raise KeysError(f"keys: {path.name} is not a key file")
    before = text[: curve.start()]
    if not re.search(r"^[ \t]*metadata[ \t]*$", before, re.M):
        before += "metadata\n"
    path.write_text(f'{before}    role = "{role}"\n{text[curve.start() :]}', encoding="utf-8")


def _role(path: Path) -> Role | None:
    """The role in this public key file; None if the file has none. Raises KeysError."""
    try:
        said = _ROLE_LINE.findall(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KeysError(f"keys: {path} cannot be read: {error}") from None
    roles = {role: role for role in ROLES}
    if not said:
        return None
    if len(said) > 1 or said[0] not in roles:
        raise KeysError(
            f"keys: {path} has the role {', '.join(said)!r}; roles are {', '.join(ROLES)}: "
            f"`python -m scripts.keys {path.stem} --role ROLE` sets it"
        )
    return roles[said[0]]


def _folder(folder: str) -> Path:
    path = Path(folder)
    if not path.is_dir():
        raise KeysError(f"keys: HUBBUB_KEYS is {folder}, which is not a folder; see scripts.keys")
    return path


def _public(path: Path) -> bytes:
    return _load(path)[0]


def _pair(path: Path) -> Pair:
    _refuse_readable(path)
    public, secret = _load(path)
    if secret is None:
        raise KeysError(f"keys: {path} has no secret key in it")
    return Pair(public, secret)


def _refuse_readable(path: Path) -> None:
    """Raises KeysError if others may read a secret of this user, as ssh does. Files of another
    owner are not checked: a service may have been given access by its group."""
    try:
        found = path.stat()
    except OSError:
        return  # `_load` raises
    if found.st_uid == os.getuid() and found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise KeysError(f"keys: others may read {path} (mode {mode:04o}): chmod 600 it")


def _load(path: Path) -> tuple[bytes, bytes | None]:
    try:
        public, secret = zmq.auth.load_certificate(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise KeysError(f"keys: {path}: {reason or 'this is not a key file'}") from None
    if len(public) != 40 or (secret is not None and len(secret) != 40):
        raise KeysError(f"keys: {path}: a key has 40 characters")
    return public, secret
