"""The guard that keeps the tests off the network."""

from __future__ import annotations

import socket
import urllib.request

import pytest

ELSEWHERE = "192.0.2.1"  # TEST-NET-1 of RFC 5737: no machine has it


@pytest.mark.parametrize("blocking", [True, False])
def test_a_connection_that_leaves_the_machine_is_refused_by_name(blocking):
    with socket.socket() as connection, pytest.raises(RuntimeError, match=ELSEWHERE):
        connection.setblocking(blocking)
        connection.connect((ELSEWHERE, 80))


def test_a_datagram_is_refused():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, pytest.raises(RuntimeError, match=ELSEWHERE):
        sender.sendto(b"hello", (ELSEWHERE, 53))


def test_looking_up_a_name_is_refused_whichever_library_asks():
    with pytest.raises(RuntimeError, match="example.invalid"):
        urllib.request.urlopen("http://example.invalid/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_goes_through(host):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        with socket.create_connection((host, server.getsockname()[1])) as second:
            assert second.getpeername()[0] == "127.0.0.1"
        assert client.getpeername() == server.getsockname()
