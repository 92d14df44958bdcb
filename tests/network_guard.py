"""Refuses every connection that leaves this machine, and says which; loopback and Unix sockets go through.

It needs nothing but Python, so that a notebook's kernel can run it as a start-up file as well as pytest.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from typing import Any


class NetworkBlocked(RuntimeError):
    """Something reached for the network. Not an OSError: code that retries or falls back must not swallow it."""


def stays_here(host: Any) -> bool:
    """Whether a host name or address means this machine."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    if host is None or host in ("", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: Python calls it before each such event, whichever library asks."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else None  # a str or bytes is a Unix socket's path
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not stays_here(host):
        _record(f"{event} {host}")
        raise NetworkBlocked(f"A test may not use the network, but something asked for {host} ({event}).")


def _record(line: str) -> None:
    """Also into a file, if one is named: what a notebook catches is then still seen."""
    if record := os.environ.get("DDSP_COURSE_NETWORK_LOG"):
        with open(record, "a", encoding="utf-8") as file:
            file.write(line + "\n")


def install() -> None:
    """Put the guard up, for the rest of this process."""
    sys.addaudithook(refuse)


if __name__ == "__main__":
    install()
