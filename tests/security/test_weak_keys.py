"""A weak pre-shared key is found by who answers in the peer's place once (CVE-2018-5389); and it is told of at load.

The attack is carried out: a responder without any key speaks main mode as far as MM5 with a whole box, and tries a list
of words on what it heard.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from man_in_the_middle import A, B, Flight, Middle, configured, example, udp_packet

from mainmode.base.codes import ExchangeType, ProtocolId
from mainmode.base.secret import Secret
from mainmode.crypto.algorithms import hash_algorithm, phase1_cipher
from mainmode.crypto.groups import group
from mainmode.crypto.skeyid import hash_i, phase1_iv, phase1_keys, skeyid_psk
from mainmode.device.config.reader import read
from mainmode.device.weak import keys, lines
from mainmode.device.weak.keys import COMMON, SHORTEST, why_weak
from mainmode.device.weak.lines import weak_lines
from mainmode.ike.negotiation import PolicyChosen, choose_policy
from mainmode.ike.protection import Chain
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import Ipv4
from mainmode.wire.message import Message, read_header, read_message
from mainmode.wire.payloads import Hash, Identification, KeyExchange, Nonce, Proposal, SecurityAssociation

STRONG = "vW8rZ3nQ0yKt5LhXcB2mUd"
DICTIONARY = (*sorted(COMMON), "cisco1", "Cisco", "s3cret")


class FalsePeer:
    """Answers MM1 and MM3 in the peer's place, and keeps what MM5 then tells. It has no key."""

    def __init__(self, world: Middle) -> None:
        self._world = world
        self._entropy = SeededEntropy(7, "attacker")
        self.mm5 = b""

    def between(self, flight: Flight) -> list[Ipv4]:
        """Nothing reaches the real peer."""
        if flight.sender != "a":
            return []
        octets = flight.ike
        answer = {"MM1": self._second, "MM3": self._fourth}.get(flight.label)
        if answer is not None:
            packet = udp_packet(answer(read_message(octets)).encode(), B, A)
            self._world.carry("a", self._world.hand("a", packet))
        elif flight.label == "MM5":
            self.mm5 = octets
        return []

    def _second(self, message: Message) -> Message:
        self.offer = message.all(SecurityAssociation)[0]
        chosen = choose_policy(self.offer, configured_policies(self._world))
        assert isinstance(chosen, PolicyChosen)
        self.policy, self.group = chosen.policy, group(chosen.policy.group)
        self.cookies = message.initiator_cookie, self._entropy.take(8)
        answer = SecurityAssociation((Proposal(chosen.proposal, ProtocolId.ISAKMP, b"", (chosen.transform,)),))
        return Message(*self.cookies, ExchangeType.MAIN_MODE, 0, (answer,))

    def _fourth(self, message: Message) -> Message:
        self.pair = self.group.keypair(self._entropy)
        self.public, self.nonce_i = message.all(KeyExchange)[0].public, message.all(Nonce)[0].data
        self.nonce_r = self._entropy.take(20)
        return Message(*self.cookies, ExchangeType.MAIN_MODE, 0, (KeyExchange(self.pair.public), Nonce(self.nonce_r)))

    def fits(self, candidate: str) -> bool:
        """Whether this is the key: HASH_I, decrypted with what it gives, verifies. Nothing is sent for that."""
        hash_ = hash_algorithm(self.policy.hash)
        cipher = phase1_cipher(self.policy.encryption, self.policy.key_bits)
        skeyid = skeyid_psk(hash_, candidate.encode(), self.nonce_i, self.nonce_r)
        keys = phase1_keys(hash_, cipher, skeyid, self.group.shared(self.pair, self.public), *self.cookies)
        chain = Chain(cipher, keys, phase1_iv(hash_, self.public, self.pair.public, cipher.block))
        try:
            payloads, _ = chain.open(read_header(self.mm5), self.mm5)
        except Exception:
            return False
        found = (
            [one for one in payloads if isinstance(one, Identification)],
            [one for one in payloads if isinstance(one, Hash)],
        )
        if [len(one) for one in found] != [1, 1]:
            return False
        identity = found[0][0].body
        wanted = hash_i(hash_, keys, self.public, self.pair.public, *self.cookies, self.offer.body, identity)
        return found[1][0].digest == wanted


def configured_policies(world: Middle):
    """What the attacker takes: whatever is offered, as the box itself would."""
    return world.boxes["a"].settings.policies


def attacked(key: str) -> FalsePeer:
    """A box with this key, which begins a tunnel, and the false peer that answered."""
    texts = {name: example(name, {"pre-shared-key cisco": f"pre-shared-key {key}"}) for name in "ab"}
    world = Middle(texts)
    attacker = FalsePeer(world)
    world.middle = attacker.between
    world.ping()
    assert attacker.mm5
    assert not world.up("a")
    return attacker


@pytest.mark.parametrize("key", ["cisco", "s3cret", "vpnkey"])
def test_a_weak_key_is_found_at_home_after_one_answer(key: str) -> None:
    attacker = attacked(key)
    assert [candidate for candidate in DICTIONARY if attacker.fits(candidate)] == [key]


def test_a_strong_key_is_in_no_list() -> None:
    attacker = attacked(STRONG)
    assert [candidate for candidate in DICTIONARY if attacker.fits(candidate)] == []
    assert attacker.fits(STRONG)


def test_who_only_listens_cannot_try_keys() -> None:
    """The secret of Diffie-Hellman is not there: with another pair even the right key does not fit."""
    attacker = attacked("cisco")
    listener = attacker.pair
    attacker.pair = replace(listener, private=Secret(bytes(31) + b"\x07"))
    assert not attacker.fits("cisco")


# --- told at load ----------------------------------------------------------------------------------------------------

WEAK = {
    "cisco": "is one of those that are tried first",
    "Cisco-123!": "is one of those that are tried first",
    "PASSWORD2024": "is one of those that are tried first",
    "10.0.0.2": "is the name of its tunnel-group",
    "asa1": "is the hostname",
    "10.0.0.1": "is an address of the device",
    "2.0.0.01": "is the name of its tunnel-group",
    "Inside-Range": "is a name of the configuration",
    "aaaaaaaaaaaaaaaaaaaaaaaa": "has fewer than 6 different characters",
    "ab1!xYab1!xYab1!xY": "is one piece again and again",
    "abcdefghijklmnopq": "is a row of neighbours",
    "qwertyuiopasdfghjkl": "is a row of neighbours",
    "0987654321abcdef": "is a row of neighbours",
    "hK3$w": "is shorter than 14 characters",
    "8fQz2LmWx0Rt1": "is shorter than 14 characters",
}
GOOD = (STRONG, "8fQz2LmWx0Rt1v", "correct-horse-battery", "0f9d3c7be4a18256f9d3", "Kölner-Dom/1248-Grundstein")


def judged(key: str) -> str:
    configuration = configured(example("a"), "a")
    return why_weak(Secret(key.encode()), configuration, configuration.tunnel_groups["10.0.0.2"])


@pytest.mark.parametrize("key", WEAK)
def test_a_weak_key_is_told_in_what_way(key: str) -> None:
    assert judged(key) == WEAK[key]


@pytest.mark.parametrize("key", GOOD)
def test_of_a_good_key_nothing_is_told(key: str) -> None:
    assert judged(key) == ""


def test_the_shortest_that_passes_has_that_many_characters() -> None:
    key = "8fQz2LmWx0Rt1v7Yc"
    assert judged(key[: SHORTEST - 1]) == f"is shorter than {SHORTEST} characters"
    assert judged(key[:SHORTEST]) == ""


def with_key(text: str) -> str:
    return example("a", {"pre-shared-key cisco": f"pre-shared-key {text}"})


def told(text: str) -> list[str]:
    return [str(problem) for problem in weak_lines(configured(text, "a")) if "key" in problem.wording]


def test_the_warning_stands_at_the_line_of_the_key_and_tells_neither_it_nor_its_length() -> None:
    for key in (*WEAK, "hunter22"):
        (said,) = told(with_key(key))
        line = next(number for number, text in enumerate(with_key(key).splitlines(), 1) if "pre-shared-key" in text)
        assert said.startswith(f"a.cfg:{line}:2: warning\n pre-shared-key *****\n")
        assert "WARNING: the pre-shared key of tunnel-group 10.0.0.2 " in said
        if key not in ("10.0.0.2", "2.0.0.01", "asa1", "10.0.0.1"):
            assert key not in said
        assert f"{len(key)} characters" not in said


@pytest.mark.parametrize("key", ["*****", STRONG])
def test_a_hidden_key_is_not_judged_and_a_good_one_not_told(key: str) -> None:
    assert told(with_key(key)) == []


def test_one_key_for_several_peers_is_told_once_and_not_for_two_addresses_of_one() -> None:
    others = [str(IPv4Address("198.51.100.1") + number) for number in range(6)]
    group = "tunnel-group {0} type ipsec-l2l\ntunnel-group {0} ipsec-attributes\n pre-shared-key " + STRONG + "\n"
    alone = with_key(STRONG)
    several = alone + "".join(group.format(other) for other in others)
    (said,) = told(several)
    assert (
        "one pre-shared key for 7 tunnel-groups, 10.0.0.2, 198.51.100.1, 198.51.100.2, 198.51.100.3 and 3 more" in said
    )
    assert STRONG not in said
    listed = alone.replace("set peer 10.0.0.2", "set peer 10.0.0.2 198.51.100.1") + group.format("198.51.100.1")
    assert told(listed) == []


def hub_of(count: int) -> str:
    """A hub with so many tunnels, each with a key, a peer and names of its own."""
    text = ["hostname hub", "crypto ipsec transform-set SET esp-aes esp-sha-hmac"]
    for number in range(count):
        peer = f"10.9.{number // 200}.{number % 200 + 1}"
        text += [
            f"access-list VPN-{number} extended permit ip 10.1.0.0 255.255.0.0 10.2.{number % 250}.0 255.255.255.0",
            f"crypto map MAP {number + 1} match address VPN-{number}",
            f"crypto map MAP {number + 1} set peer {peer}",
            f"crypto map MAP {number + 1} set transform-set SET",
            f"tunnel-group {peer} type ipsec-l2l",
            f"tunnel-group {peer} ipsec-attributes",
            f" pre-shared-key {STRONG}{number}",
        ]
    return "\n".join(text) + "\n"


def test_names_and_peers_of_a_hub_are_gathered_once_for_all_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: Counter[str] = Counter()
    for name in ("_bare", "_names"):
        monkeypatch.setattr(keys, name, _counted(getattr(keys, name), name, looked_at))
    monkeypatch.setattr(lines, "_listed", _counted(lines._listed, "_listed", looked_at))
    told = weak_lines(read(hub_of(60), "hub.cfg"))
    assert [one for one in told if "pre-shared key" in one.wording] == []
    assert looked_at["_names"] == 1
    assert looked_at["_bare"] < 60 * 5
    assert looked_at["_listed"] == 0
    same = weak_lines(read(hub_of(60).replace(f"{STRONG}7\n", f"{STRONG}8\n"), "hub.cfg"))
    assert any("one pre-shared key for 2 tunnel-groups" in one.wording for one in same)
    assert looked_at["_listed"] == 1


def _counted(function: Callable[..., object], name: str, counts: Counter[str]) -> Callable[..., object]:
    def counting(*given: object) -> object:
        counts[name] += 1
        return function(*given)

    return counting
