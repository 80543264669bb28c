"""Commands that change the box, at the prompt: what is asked before, and what is printed."""

import pytest
from device_net import Net
from prompts import Alone, at_prompt, typed
from screens import INTERRUPT
from test_device_vpn import up

from mainmode.device.box import Box

_QUESTION = "Do you want to logoff the VPN session(s)? [confirm]"
_LOGGED_OFF = 'INFO: Number of sessions of type "Site-to-Site VPN" logged off : 1\n'


def _box() -> Box:
    net: Net = up()
    return net.boxes["a"]


@pytest.mark.parametrize(
    ("line", "answer", "printed", "sessions"),
    [
        ("vpn-sessiondb logoff all", "", f"{_QUESTION}\n{_LOGGED_OFF}", 0),
        ("vpn-sess logoff l2l", "y", f"{_QUESTION}y\n{_LOGGED_OFF}", 0),
        ("vpn-sessiondb logoff all", "n", f"{_QUESTION}n\n", 1),
        ("vpn-sessiondb logoff all", INTERRUPT, _QUESTION, 1),
        ("vpn-sessiondb logoff all noconfirm", "", _LOGGED_OFF, 0),
        (
            "vpn-sessiondb logoff index 7 nocon",
            "",
            "ERROR: there is no session 7: show vpn-sessiondb l2l lists them\n",
            1,
        ),
        ("clear crypto isakmp sa", "", "", 0),
        ("clear crypto ikev1 sa 10.0.0.9", "", "", 1),
    ],
)
def test_a_log_off_is_asked_about_and_no_leaves_all_as_it_was(
    line: str, answer: str, printed: str, sessions: int
) -> None:
    box = _box()
    session, _ = at_prompt(Alone(box), answers=[answer])
    assert typed(session, line) == printed
    assert len(box.sessions) == sessions
