"""No notebook reaches for the network unseen, not even in a cell that catches its own errors."""

from __future__ import annotations

import pytest
from every_lesson import ROOT
from lesson_runs import CellFailed, run
from nbformat import v4

ELSEWHERE = "192.0.2.1"  # TEST-NET-1 of RFC 5737: no machine has it
CONNECT = f"import socket\nsocket.socket().connect(('{ELSEWHERE}', 80))"
CAUGHT = "try:\n    " + CONNECT.replace("\n", "\n    ") + "\nexcept Exception:\n    print('no matter')"


def notebook(*sources: str):
    return v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])


def test_a_cell_that_catches_its_own_error_is_seen_all_the_same(guard):
    done = run(notebook(CAUGHT), ROOT, environment=guard.environment)
    assert done.notebook.cells[0].outputs[0].text == "no matter\n"
    assert guard.refused() == f"socket.connect {ELSEWHERE}\n"


def test_a_cell_that_does_not_is_stopped_by_name(guard):
    with pytest.raises(CellFailed, match=f"NetworkBlocked: A test may not use the network.*{ELSEWHERE}"):
        run(notebook("1 + 1", CONNECT), ROOT, environment=guard.environment)


def test_the_guard_leaves_no_names_that_a_forgotten_import_would_find(guard):
    """A lesson that uses os without importing it must fail here as it would for a learner."""
    source = "print(sorted(name for name in globals() if name[0] != '_'))"
    seen = [
        run(notebook(source), ROOT, environment=environment).notebook.cells[0].outputs[0].text
        for environment in ({}, guard.environment)
    ]
    assert seen[0] == seen[1] and "os" not in seen[0].strip("[]\n").replace("'", "").split(", ")


def test_what_stays_on_this_machine_is_nobodys_business(guard):
    server = "import socket\nserver = socket.create_server(('127.0.0.1', 0))"
    client = "socket.create_connection(server.getsockname())"
    run(notebook(server, client), ROOT, environment=guard.environment)
    assert guard.refused() == ""
