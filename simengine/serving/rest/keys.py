"""API keys: made, listed and revoked in one file, of which only salted hashes can be read."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from simengine.errors import SimengineError, UsageError
from simengine.text.checks import parse_own_json

READ, WRITE = "read", "write"
SCOPES = (READ, WRITE)
PREFIX = "sk-sim"
SECRET_BYTES, SALT_BYTES, ID_BYTES = 32, 16, 6
MAX_TOKEN_CHARS = 256
VERSION = 1
LOOK_AGAIN_S = 1.0
NOT_FOR_OTHERS = 0o027
"""Modes of a file of keys that are refused: the group may read it, as mounted secrets need, and nobody else."""
_TOKEN = re.compile(rf"{PREFIX}-([0-9a-f]{{{2 * ID_BYTES}}})-([A-Za-z0-9_-]{{20,}})")


class MissingKeyError(SimengineError):
    """A request brings no key, or one that is not known (any more).

    Args:
        message: for people.
        page: a browser shall ask for one.
    """

    def __init__(self, message: str, *, page: bool = False) -> None:
        self.page = page
        super().__init__(message)


class ForbiddenError(SimengineError):
    """A key does not have the scope that a request needs."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key. The secret itself is not.

    Attributes:
        id: names it, in the log and for `revoke`; it is part of the token.
        name: for people.
        scopes: "read", "write" or both; "write" alone cannot search.
        salt, digest: hexadecimal; SHA-256 of salt and secret. The secret has 256 random bits, so that no slow hash is
            needed to keep it from being guessed.
        created, revoked: times; `revoked` is "" while the key is good.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    salt: str
    digest: str
    created: str
    revoked: str = ""

    def opens(self, secret: str) -> bool:
        """Whether this is the secret; takes the same time whatever the secret is."""
        return hmac.compare_digest(_digest(self.salt, secret), self.digest)


_NOBODY = ApiKey("", "", (), "00" * SALT_BYTES, "00" * 32, "")


class KeyFile:
    """Keys in a file. May be used from several threads; what another process changes is seen within a second.

    Args:
        path: made with the first key, for its owner alone (mode 600).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._keys: dict[str, ApiKey] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._looked = -LOOK_AGAIN_S

    def create(self, name: str, scopes: Sequence[str]) -> tuple[ApiKey, str]:
        """Make a key.

        Returns:
            What is kept of it, and the token for its user, which cannot be shown again.

        Raises:
            UsageError: an unknown scope, or none; or a blank name.
        """
        wanted = tuple(scope for scope in SCOPES if scope in scopes)
        if unknown := [scope for scope in scopes if scope not in SCOPES]:
            raise UsageError(f"scope is {unknown[0]!r}; expected {' or '.join(SCOPES)}")
        if not wanted or not name.strip():
            raise UsageError("a key needs a name and a scope at least")
        secret, salt = secrets.token_urlsafe(SECRET_BYTES), secrets.token_hex(SALT_BYTES)
        key = ApiKey(secrets.token_hex(ID_BYTES), name, wanted, salt, _digest(salt, secret), _now())
        with self._changing() as keys:
            keys[key.id] = key
        return key, f"{PREFIX}-{key.id}-{secret}"

    def revoke(self, key_id: str) -> ApiKey:
        """Make a key useless.

        Raises:
            UsageError: there is no such key, or it is revoked already.
        """
        with self._changing() as keys:
            key = keys.get(key_id)
            if key is None or key.revoked:
                state = "is revoked already" if key else f"is not in {self.path}"
                raise UsageError(f"the key {key_id!r} {state}; see `simengine keys list`")
            keys[key_id] = replace(key, revoked=_now())
            return keys[key_id]

    def keys(self) -> list[ApiKey]:
        """All keys, revoked ones too, oldest first.

        Raises:
            UsageError: the file is missing, can be read by others, or holds no keys.
        """
        return sorted(self._read().values(), key=lambda key: key.created)

    def check(self, token: str, scope: str) -> ApiKey:
        """The key of a token that may do something.

        Raises:
            MissingKeyError: no such key.
            ForbiddenError: it does not have the scope.
        """
        parts = _TOKEN.fullmatch(token) if len(token) <= MAX_TOKEN_CHARS else None
        key_id, secret = (parts[1], parts[2]) if parts else ("", token[:MAX_TOKEN_CHARS])
        key = self._current().get(key_id, _NOBODY)
        if not key.opens(secret) or key is _NOBODY or key.revoked:
            raise MissingKeyError("the API key is not known, or was revoked")
        if scope not in key.scopes:
            raise ForbiddenError(
                f"the API key has the scope {', '.join(key.scopes)}; this needs the scope {scope}"
            )
        return key

    def _current(self) -> dict[str, ApiKey]:
        """The keys, read again where the file has changed; those known before where it cannot be read now."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked >= LOOK_AGAIN_S:
                self._looked = now
                found = os.stat(self.path)  # noqa: PTH116 - three fields of one call
                stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
                if stamp != self._stamp:
                    self._keys, self._stamp = self._read(), stamp
            return self._keys

    def _read(self) -> dict[str, ApiKey]:
        try:
            mode = self.path.stat().st_mode
            table = parse_own_json(self.path.read_text(encoding="utf-8"))
            if table["version"] != VERSION:
                raise UsageError(f"{self.path}: version {table['version']!r}; expected {VERSION}")
            keys = {each["id"]: ApiKey(**{**each, "scopes": tuple(each["scopes"])}) for each in table["keys"]}
        except FileNotFoundError as error:
            raise UsageError(f"{self.path}: no file of keys; `simengine keys create` makes one") from error
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError(
                f"{self.path}: is not a file of keys; move it away, and `simengine keys create` makes one"
            ) from error
        if stat.S_IMODE(mode) & NOT_FOR_OTHERS:
            raise UsageError(
                f"{self.path}: others may read it (mode {stat.S_IMODE(mode):o}); run: chmod 600 {self.path}"
            )
        return keys

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, ApiKey]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock", mode=0o600):
            keys = self._read() if self.path.exists() else {}
            yield keys
            _write_private(self.path, {"version": VERSION, "keys": [asdict(key) for key in keys.values()]})
            self._looked = -LOOK_AGAIN_S


def _write_private(path: Path, table: object) -> None:
    """Replace a file as a whole, for its owner alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(table, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _digest(salt: str, secret: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + secret.encode("utf-8", "surrogatepass")).hexdigest()


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
