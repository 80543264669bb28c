"""Ctrl-C at a real terminal, while debugs come: the command ends, the debugs go on until they are told to end."""

import re
from collections.abc import Iterator

import pexpect
import pytest
from devices import at_a_terminal

DEBUG = re.compile(r"Jan 01 \d\d:\d\d:\d\d (\[IKEv1.*\]: |IPSEC: )")


@pytest.fixture
def device() -> Iterator["pexpect.spawn[str]"]:
    child = at_a_terminal("console", "--example", "--seed", "1", columns=400)
    try:
        child.expect_exact("asa1> ")
        for line, answer in (("enable", "Password: "), ("", "asa1# "), ("debug crypto ikev1 127", "asa1# ")):
            child.send(f"{line}\r")
            child.expect_exact(answer)
        yield child
    finally:
        child.close(force=True)


def test_ctrl_c_ends_a_ping_in_the_middle_of_its_row_and_every_debug_line_is_whole(
    device: "pexpect.spawn[str]",
) -> None:
    device.send("ping inside 192.168.2.10 repeat 60000\r")
    device.expect(r"\? *\?|!")
    device.send("\x03")
    device.expect(r"Success rate is \d+ percent \(\d+/\d+\)")
    device.expect_exact("asa1# ")
    device.send("undebug all\r")
    device.expect_exact("undebug all\r\n")
    device.expect_exact("asa1# ")
    device.send("show debug\r")
    device.expect_exact("show debug\r\nasa1# ")


def test_debug_lines_come_around_what_is_typed_and_ctrl_c_gives_it_up(device: "pexpect.spawn[str]") -> None:
    device.send("lab start\rshow cryp")
    device.expect_exact("PHASE 2 COMPLETED")
    device.expect(r"asa1# show cryp$")
    # The peer is asked every ten seconds whether it lives: lines that come while somebody types.
    device.expect_exact("Sending keep-alive")
    device.expect(r"asa1# show cryp$")
    device.send("\x03")
    device.expect_exact("^C\r\nasa1# ")
    device.send("undebug all\r")
    device.expect_exact("undebug all\r\nasa1# ")
