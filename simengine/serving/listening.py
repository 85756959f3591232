"""The socket on which the page and the service listen."""

from __future__ import annotations

import errno
import socket

from simengine.errors import SimengineError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        SimengineError: the port is in use or must not be used, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # without the protocol asyncio would not set TCP_NODELAY, and every answer would wait 40 ms for an acknowledgement
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} of {host} is in use; give another with --port, or 0 for any that is free"
        elif error.errno == errno.EACCES:
            reason = f"port {port} may not be used by this user; give one above 1023 with --port"
        else:
            reason = f"cannot listen on {host}, port {port}: {error.strerror or error}"
        raise SimengineError(reason) from error
    return listening
