"""API keys: made, listed and revoked in one file, of which only salted hashes can be read."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
import hmac
import json
import re
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from simengine.errors import SimengineError, UsageError
from simengine.files import replace_file
from simengine.text.checks import parse_own_json

READ, WRITE = "read", "write"
SCOPES = (READ, WRITE)
PREFIX = "sk-sim"
SECRET_BYTES, SALT_BYTES, ID_BYTES = 32, 16, 6
MAX_TOKEN_CHARS = 256
VERSION = 1
MAX_FILE_BYTES = 16 << 20
LOOK_AGAIN_S = 1.0
ANSWER_S = 0.5
"""A request waits so long at most for a look at the file."""
LOOK_TIMEOUT_S = 5.0
"""A file that does not answer within this time counts as unusable: a network drive may have gone."""
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

    A file that can no longer be used while a service runs (deleted, damaged, half written, readable by others) changes
    nothing: the last good keys stay valid, and `problem` says what is wrong.

    Args:
        path: made with the first key, for its owner alone (mode 600).
        report: called with the problem when there is a new one, and with "" when it is gone.
    """

    def __init__(self, path: Path, report: Callable[[str], None] | None = None) -> None:
        self.path = path
        self._report = report
        self._looking = threading.Lock()
        self._keys: dict[str, ApiKey] = {}
        self._stamp: tuple[int, ...] | None = None
        self._looked = -LOOK_AGAIN_S
        self._problem = ""

    @property
    def due(self) -> bool:
        """Whether the file has to be looked at again; see `refresh`."""
        return time.monotonic() - self._looked >= LOOK_AGAIN_S

    @property
    def stale(self) -> bool:
        """Whether the keys in use are older than the file, which cannot be used now."""
        hangs = self._looking.locked() and time.monotonic() - self._looked > LOOK_TIMEOUT_S
        return bool(self._problem) or hangs

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
        """The key of a token that may do something; reads the file again if it is due.

        Raises:
            MissingKeyError: no such key.
            ForbiddenError: it does not have the scope.
        """
        self.refresh()
        return self.find(token, scope)

    def find(self, token: str, scope: str) -> ApiKey:
        """As `check`, among the keys that are known; touches no file."""
        parts = _TOKEN.fullmatch(token) if len(token) <= MAX_TOKEN_CHARS else None
        key_id, secret = (parts[1], parts[2]) if parts else ("", token[:MAX_TOKEN_CHARS])
        key = self._keys.get(key_id, _NOBODY)
        if not key.opens(secret) or key is _NOBODY or key.revoked:
            raise MissingKeyError("the API key is not known, or was revoked")
        if scope not in key.scopes:
            raise ForbiddenError(
                f"the API key has the scope {', '.join(key.scopes)}; this needs the scope {scope}"
            )
        return key

    def refresh(self) -> None:
        """Read the file again if it is due and has changed. Never raises; one thread looks at a time."""
        if not self.due or not self._looking.acquire(blocking=False):
            return
        try:
            self._looked = time.monotonic()
            problem = self._look()
            if problem != self._problem:
                self._problem = problem
                if self._report is not None:
                    self._report(problem)
        finally:
            self._looking.release()

    def _look(self) -> str:
        """What is wrong with the file; "" where its keys are the known ones now."""
        try:
            found = self.path.stat()
            stamp = (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)
            if stamp != self._stamp:
                self._keys, self._stamp = self._read(), stamp
        except UsageError as error:
            self._stamp = None
            return str(error)
        except OSError as error:
            self._stamp = None
            return f"{self.path}: {error.strerror or error}"
        return ""

    def _read(self) -> dict[str, ApiKey]:
        try:
            found = self.path.stat()
            if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_FILE_BYTES:
                raise ValueError("not a regular file of a few keys")
            table = parse_own_json(self.path.read_text(encoding="utf-8"))
            if table["version"] != VERSION:
                raise UsageError(f"{self.path}: version {table['version']!r}; expected {VERSION}")
            keys = [_key_of(each) for each in table["keys"]]
        except FileNotFoundError as error:
            raise UsageError(f"{self.path}: no file of keys; `simengine keys create` makes one") from error
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be read: {error.strerror or error}") from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UsageError(
                f"{self.path}: is not a file of keys; move it away, and `simengine keys create` makes one"
            ) from error
        mode = stat.S_IMODE(found.st_mode)
        if mode & NOT_FOR_OTHERS:
            raise UsageError(f"{self.path}: others may read it (mode {mode:o}); run: chmod 600 {self.path}")
        return {key.id: key for key in keys}

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, ApiKey]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock", mode=0o600):
            keys = self._read() if self.path.exists() else {}
            yield keys
            table = {"version": VERSION, "keys": [asdict(key) for key in keys.values()]}
            replace_file(self.path, (json.dumps(table, indent=1) + "\n").encode(), private=True)
            self._looked = -LOOK_AGAIN_S


def _key_of(record: dict[str, object]) -> ApiKey:
    """A key as it stands in the file; ValueError, TypeError or KeyError where it is none."""
    scopes = record["scopes"]
    fields = {name: value for name, value in record.items() if name != "scopes"}
    if not isinstance(scopes, list) or not all(isinstance(each, str) for each in (*scopes, *fields.values())):
        raise TypeError("a key is made of texts")
    key = ApiKey(scopes=tuple(scopes), **fields)  # type: ignore[arg-type]
    if (
        len(bytes.fromhex(key.salt)) != SALT_BYTES
        or len(bytes.fromhex(key.digest)) != len(_NOBODY.digest) // 2
    ):
        raise ValueError("the salt or the digest has another length")
    return key


async def refreshed(keys: KeyFile) -> None:
    """Let the file be read again if it is due, in a thread; a file that does not answer holds up nobody for long."""
    if keys.due:
        work = asyncio.get_running_loop().run_in_executor(None, keys.refresh)
        await asyncio.wait({work}, timeout=ANSWER_S)


def _digest(salt: str, secret: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + secret.encode("utf-8", "surrogatepass")).hexdigest()


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
