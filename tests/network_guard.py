"""Refuses every connection that leaves this machine, and says which; loopback and Unix sockets go through.

    python tests/network_guard.py FOLDER       kernels with IPYTHONDIR=FOLDER have the guard from their start

It needs nothing but Python, so that a notebook's kernel can have it as well as pytest.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from pathlib import Path
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


def guard_kernels(ipython_dir: str | Path) -> None:
    """Write the start-up file that puts the guard up in every kernel whose IPYTHONDIR is this folder.

    It takes its names away again: a notebook that forgot `import os` must not find ours.
    """
    startup = Path(ipython_dir) / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "00_network_guard.py").write_text(
        f"""import importlib.util as _util
_spec = _util.spec_from_file_location("network_guard", {str(Path(__file__).resolve())!r})
_guard = _util.module_from_spec(_spec)
_spec.loader.exec_module(_guard)
_guard.install()
del _util, _spec, _guard
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    guard_kernels(sys.argv[1])
