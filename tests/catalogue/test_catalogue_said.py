"""Every line of the catalogue is said in some run of the engine or the box, or there is a reason why not.

The runs are the tests of those rooms themselves: they are called once more here, with all lines noted. A test with
fixtures, generated values or very many parameters is left out.
"""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from mainmode.catalogue import lines
from mainmode.catalogue.entry import Entry

TESTS = Path(__file__).parents[1]
ROOMS = ("ike", "device")
MOST_CASES = 12

NINE_X_DETAIL = "newer releases print it around the embryonic SA; the published listing of 9.3.2 has none of them"
REMOTE_ACCESS = "of a remote access user"
SSH = "a login over SSH, which the console serves; its tests look for the line"
INTERNAL = "a fault inside the device's own software"

UNSAID = {
    "PACKET_RECEIVED": "the threat defence software says it of every packet, the ASA does not",
    "IOS_VID_NOT_AUTHENTIC": "only the vendor can compute the code that would have to differ",
    "UNKNOWN_IOS_VID_VERSION": "where the vendor ID holds its version is not published",
    "DUPLICATE_FROM_PEER": "the guide's wording of DUPLICATE_FIRST_PACKET, which is said",
    "CRYPTO_MAP_POLICY_NOT_FOUND": "the older wording of NO_MATCHING_MAP_ENTRY, which is said",
    "ESP_INVALID_SPI_OF_USER": "the older wording of ESP_INVALID_SPI, which is said",
    "SKIPPING_STATIC_MAP": "how the line goes on, and so when it is said, is not known",
    "RECEIVED_PFKEY": NINE_X_DETAIL,
    "PARSING_PFKEY": NINE_X_DETAIL,
    "CREATING_IPSEC_SA": NINE_X_DETAIL,
    "GETTING_INBOUND_SPI": NINE_X_DETAIL,
    "SA_STATE_CHANGE": NINE_X_DETAIL,
    "RECEIVED_DELETE_PFKEY": NINE_X_DETAIL,
    "SA_STARTED": NINE_X_DETAIL,
    "SA_COMPLETED": NINE_X_DETAIL,
    "DESTROY_CURRENT_SPI": NINE_X_DETAIL,
    "STARTING_KEEPALIVE_MONITOR": "of the older keepalives, which this device offers to nobody",
    "AUTHENTICATION_DIFFERS": "there is one authentication here, the pre-shared key",
    "OVERRIDING_GROUP": "a PFS group that differs is refused, never overridden",
    "SPOOFED_AGGRESSIVE_ANSWER": "aggressive mode gets no answer at all, which gives away no name either",
    "NEGOTIATION_COMPLETE_USER": REMOTE_ACCESS,
    "REMOTE_ACCESS_SA_CREATED": REMOTE_ACCESS,
    "NO_LOGICAL_ID": INTERNAL,
    "UNEXPECTED_CLEANUP": INTERNAL,
    "IGNORING_MARK_DEAD": INTERNAL,
    "NEGOTIATION_ALREADY_IN_PROGRESS": "negotiations that cross are both finished, and one of the pairs retires",
    "SA_CREATION_ERROR": "what was negotiated can always be installed",
    "STATIC_ROUTE_NOT_ADDED": INTERNAL,
    "STATIC_ROUTE_NOT_DELETED": INTERNAL,
    "LOGIN_PERMITTED": SSH,
    "LOGIN_DENIED": SSH,
    "USER_AUTHENTICATED": SSH,
    "USER_NOT_AUTHENTICATED": SSH,
    "LOCAL_USER_FOUND": SSH,
    "LOCAL_USER_REJECTED": SSH,
    "SSH_DENIED": SSH,
    "SSH_ENDED": SSH,
    "SSH_DISCONNECTED": SSH,
}


def runs() -> Iterator[Callable[[], Any]]:
    """The tests of the rooms, each with its parameters filled in."""
    for room in ROOMS:
        folder = TESTS / room
        sys.path.append(str(folder))
        for file in sorted(folder.glob("test_*.py")):
            module = importlib.import_module(file.stem)
            for name, function in sorted(vars(module).items()):
                if name.startswith("test_") and not hasattr(function, "hypothesis"):
                    yield from cases(function)


def cases(function: Callable[..., Any]) -> Iterator[Callable[[], Any]]:
    """A test as calls without arguments; none where something but parameters is asked for."""
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
    choices = [[dict(zip(*one, strict=True)) for one in _named(*mark.args)] for mark in marks]
    asked = set(inspect.signature(function).parameters)
    filled = [{key: value for part in parts for key, value in part.items()} for parts in product(*choices)]
    if len(filled) > MOST_CASES or any(set(values) != asked for values in filled):
        return
    for values in filled:
        yield lambda values=values: function(**values)


def _named(names: str | tuple[str, ...], values: Any) -> Iterator[tuple[list[str], tuple[Any, ...]]]:
    """The names of a parametrization with each of its rows."""
    listed = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    for value in values:
        row = value.values if isinstance(value, type(pytest.param())) else value if len(listed) > 1 else (value,)
        yield listed, tuple(row)


def said() -> set[str]:
    """The names of all lines that were made in the runs."""
    found: set[str] = set()
    make = Entry.__call__

    def noted(self: Entry, *args: Any, **values: Any) -> Any:
        found.add(self.name)
        return make(self, *args, **values)

    with patch.object(Entry, "__call__", noted):
        for run in runs():
            try:
                run()
            except pytest.skip.Exception:
                continue
    return found


def test_every_line_is_said_in_some_run_or_has_a_reason_why_not() -> None:
    known = {entry.name for entry in lines.ALL}
    found = said()
    assert set(UNSAID) <= known
    after_all, never = sorted(found & set(UNSAID)), sorted(known - found - set(UNSAID))
    assert not after_all, f"said after all, take them out of the table: {' '.join(after_all)}"
    assert not never, f"never said, write a run that says them or a reason why not: {' '.join(never)}"


def test_the_reasons_are_sentences() -> None:
    assert all(len(reason) > 20 and "\n" not in reason for reason in UNSAID.values())
