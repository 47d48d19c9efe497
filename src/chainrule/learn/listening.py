"""Owns where the site listens: an address and a port of this machine, claimed before anything else is loaded."""

from __future__ import annotations

import errno
import socket


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens. host: an address of this machine; port: 0 takes any free one.

    Raises OSError with a sentence where the port is taken, or the address is none of this machine's.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise OSError(f"port {port} of {host} is taken; give another with --port, or 0 for any free one") from error
        raise OSError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from error
    return listener
