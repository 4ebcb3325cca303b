"""The CURVE keys: who a process is to the other end of its ZeroMQ sockets.

One flat folder, zmq's own certificate files: NAME.key is public, NAME.key_secret has both halves.
The broker's copy of NAME.key says in its metadata which role the key has.
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
"""The pair for gateways on the broker's own host."""
ADMIN = "admin"
"""The pair for scripts on the broker's own host."""
NAME_CHARS = 40

Role = Literal["gateway", "publisher", "moderator", "admin", "monitor"]
"""What a key may be used for. broker/shell/permissions.py says which commands each role may
send."""
ROLES: tuple[Role, ...] = get_args(Role)
DEFAULT_ROLE: Role = "gateway"
"""Of a key whose file names none: keys had no roles before."""
_ROLE_LINE = re.compile(r'^[ \t]*role[ \t]*=[ \t]*"?([^"\n]*?)"?[ \t]*(?:\n|\Z)', re.M)


class KeysError(Exception):
    """The keys cannot be used; the message says why and what to do, in one line."""


class Pair(Struct, frozen=True):
    """A key pair, in Z85. `repr` keeps quiet about it: this may be logged by accident."""

    public: bytes
    secret: bytes

    def __repr__(self) -> str:
        return "Pair(…)"


class BrokerKeys(Struct, frozen=True):
    """A broker's own pair, and which keys it admits."""

    own: Pair
    peers: dict[bytes, str]
    """The name of each key, by its public half."""
    roles: dict[str, Role]
    """The role of each name."""
    without_role: tuple[str, ...]
    """The names whose files say no role: they have the default one."""


class PeerKeys(Struct, frozen=True):
    """A gateway's or script's own pair, and the broker's public key."""

    own: Pair
    broker: bytes


def broker_keys(folder: str) -> BrokerKeys | None:
    """The keys in a broker's folder, None without folder. Raises KeysError."""
    if not folder:
        return None
    peers: dict[bytes, str] = {}
    told: dict[str, Role | None] = {}
    for path in sorted(_folder(folder).glob("*.key")):
        if path.stem != BROKER:
            peers[_public(path)] = path.stem
            told[path.stem] = _role(path)
    return BrokerKeys(
        own=_pair(Path(folder) / f"{BROKER}.key_secret"),
        peers=peers,
        roles={name: role or DEFAULT_ROLE for name, role in told.items()},
        without_role=tuple(name for name, role in told.items() if role is None),
    )


def peer_keys(folder: str, name: str = "", prefer: tuple[str, ...] = (LOCAL,)) -> PeerKeys | None:
    """The keys of a gateway or script: the named pair, else the first of `prefer` that is there,
    else the only pair. None without folder. Raises KeysError."""
    if not folder:
        return None
    secrets = {path.stem: path for path in _folder(folder).glob("*.key_secret")}
    secrets.pop(BROKER, None)
    if not name:
        only = [*secrets] if len(secrets) == 1 else []
        name = next((one for one in (*prefer, *only) if one in secrets), LOCAL)
    if name not in secrets:
        raise KeysError(
            f"keys: {folder} has no {name}.key_secret; make it with `python -m scripts.keys {name}`"
            " where the broker is, or name another in HUBBUB_KEY"
        )
    return PeerKeys(_pair(secrets[name]), _public(Path(folder) / f"{BROKER}.key"))


def make_pair(folder: Path, name: str, role: Role | None = None) -> bool:
    """Makes NAME.key and NAME.key_secret, the latter for this user only. False if one of them is
    there: no key is ever overwritten. Raises KeysError."""
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
            if role is not None:
                _write_role(Path(made_public), role)
            os.link(made_secret, secret)
            os.link(made_public, public)
    except OSError as error:
        raise KeysError(f"keys: cannot make {public}: {error.strerror}") from None
    return True


def set_role(folder: Path, name: str, role: Role) -> None:
    """Writes the role into NAME.key; the key stays. Raises KeysError."""
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
        raise KeysError(f"keys: {path.name} is no key file")
    before = text[: curve.start()]
    if not re.search(r"^[ \t]*metadata[ \t]*$", before, re.M):
        before += "metadata\n"
    path.write_text(f'{before}    role = "{role}"\n{text[curve.start() :]}', encoding="utf-8")


def _role(path: Path) -> Role | None:
    """The role that this public key file says; None if it says none."""
    try:
        said = _ROLE_LINE.findall(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KeysError(f"keys: {path} cannot be read: {error}") from None
    roles = {role: role for role in ROLES}
    if not said:
        return None
    if len(said) > 1 or said[0] not in roles:
        raise KeysError(
            f"keys: {path} has the role {', '.join(said)!r}; it is one of {', '.join(ROLES)}: "
            f"`python -m scripts.keys {path.stem} --role ROLE` sets it"
        )
    return roles[said[0]]


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
