"""Boxes in many states, for those who judge what they print: each state with its own truth, read off the effects."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from device_configs import REFERENCE, mirrored, modern
from device_pair import HOST_A, HOST_B, Pair, segment
from ntc_templates.parse import parse_output

from mainmode.device.box import Box
from mainmode.ike.effects import InstallSa, Phase1Down, Phase1Up, RemoveSa
from mainmode.ipsec.dataplane import SaPair

SPELLINGS: dict[str, Callable[[str], str]] = {"8.2": str, "9.x": modern}


@dataclass(frozen=True)
class State:
    """Two boxes, and which of them is looked at."""

    pair: Pair
    name: str = "a"

    @property
    def box(self) -> Box:
        return self.pair.boxes[self.name]

    @property
    def standing(self) -> list[SaPair]:
        """The pairs of IPsec SAs that were installed and not removed, oldest first."""
        found: dict[int, SaPair] = {}
        for effect in self.pair.effects[self.name]:
            if isinstance(effect, InstallSa):
                found[effect.pair.inbound_spi] = effect.pair
            elif isinstance(effect, RemoveSa):
                found.pop(effect.inbound_spi, None)
        return list(found.values())

    @property
    def tunnels(self) -> list[list[SaPair]]:
        """The same tunnel by tunnel: while one is renewed it has two."""
        found: dict[object, list[SaPair]] = {}
        for pair in self.standing:
            found.setdefault(pair.proxies, []).append(pair)
        return list(found.values())

    @property
    def ike_up(self) -> list[Phase1Up]:
        """The IKE SAs that came up and did not go down."""
        found: dict[object, Phase1Up] = {}
        for effect in self.pair.effects[self.name]:
            if isinstance(effect, Phase1Up):
                found[effect.exchange] = effect
            elif isinstance(effect, Phase1Down):
                found.pop(effect.exchange, None)
        return list(found.values())

    def show(self, command: str) -> str:
        return self.box.show(command, self.pair.now)

    def parsed(self, command: str) -> list[dict[str, Any]]:
        """What ntc-templates reads out of the output of `command`."""
        found = parse_output(platform="cisco_asa", command=f"show {command}", data=self.show(command))
        assert isinstance(found, list)
        return found


def _quiet(text: str) -> State:
    return State(Pair(text))


def _up(text: str) -> State:
    pair = Pair(text)
    assert pair.ping(5) == 4
    return State(pair)


def _answered(text: str) -> State:
    return State(_up(text).pair, "b")


def _several(text: str) -> State:
    state = _up(text)
    for _ in range(2):
        state.pair.inject("a", "inside", segment(HOST_A, HOST_B))
    return state


def _with_pfs(text: str) -> State:
    return _up(text + "crypto map MAP 10 set pfs group5\n")


def _behind_nat(text: str) -> State:
    seen_as = IPv4Address("203.0.113.1")
    b = mirrored(text).replace("10.0.0.1", str(seen_as)) + "route outside 0.0.0.0 0.0.0.0 10.0.0.254\n"
    pair = Pair(text, b, seen_as)
    assert pair.ping(5) == 4
    return State(pair, "b")


def _dynamic(text: str) -> State:
    b = "".join(f"{line}\n" for line in mirrored(text).splitlines() if not line.startswith("crypto map MAP"))
    word = "ikev1 " if "ikev1" in text else ""
    b += (
        f"crypto dynamic-map DYN 5 set {word}transform-set TRANSFORM\n"
        "crypto map MAP 65535 ipsec-isakmp dynamic DYN\n"
        "crypto map MAP interface outside\n"
        "route outside 192.168.1.0 255.255.255.0 10.0.0.1\n"
    )
    pair = Pair(text, b)
    assert pair.ping(5) == 4
    return State(pair, "b")


def _renewing(text: str) -> State:
    state = _up(text + "crypto ipsec security-association lifetime seconds 300\n")
    for _ in range(300):
        if len(state.standing) > 1:
            assert state.pair.ping(3, 100) == 3
            return state
        state.pair.wait(1)
    raise AssertionError("the tunnel is never renewed")


def _with_names(text: str) -> State:
    return _up("names\nname 10.0.0.2 BRANCH\n" + text)


STATES: dict[str, Callable[[str], State]] = {
    "no SA": _quiet,
    "up, initiator": _up,
    "up, responder": _answered,
    "two tunnels": _several,
    "PFS": _with_pfs,
    "behind NAT": _behind_nat,
    "dynamic map": _dynamic,
    "during rekey": _renewing,
    "names": _with_names,
}


def state(name: str, release: str, more: str = "") -> State:
    """The state with this name, in this spelling, with `more` lines of configuration."""
    return STATES[name](SPELLINGS[release](REFERENCE) + more)
