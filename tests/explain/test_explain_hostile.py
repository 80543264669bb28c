"""Hostile logs and careless people: keys stay hidden wherever they stand, odd input costs time in proportion."""

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mainmode.explain import correlate, diagnose
from mainmode.explain.assembler import Assembler
from mainmode.explain.correlate import Correlator
from mainmode.explain.diagnose import diagnose as diagnosed
from mainmode.explain.dialects import DIALECTS
from mainmode.explain.explain import Order, explain
from mainmode.explain.faces.document import json_text
from mainmode.explain.faces.page import page
from mainmode.explain.faces.text import text
from mainmode.explain.faces.ticket import ticket
from mainmode.explain.masking import masked
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.reading import Source

KEY = "Hunter2xyz"
KEYED = """
crypto isakmp key 6 K address 192.0.2.1 255.255.255.0
pre-shared-key hostname gw key K
 ikev2 remote-authentication pre-shared-key hex K
192.0.2.1 %any : PSK "K"
: PSK 'K'
: PSK 0sK
 : RSA moon.pem "K"
 : PIN %smartcard "K"
carol : XAUTH "K"
 secret = "K"
ike-secret { secret = K }
leftpsk=K
Pre-shared key: K
preshared key is "K"
pre_shared_key=K
"psk": "K"
<psk>K</psk>
shared key: K
wpa_passphrase=K
vpngroup acme password K
crypto isakmp client configuration group x key K
crypto ca trustpoint password K
vpdn username x password 0 K
set session-key inbound esp 256 cipher K authenticator K
set security-association inbound esp 256 cipher K
set psksecret ENC K
set vpn ipsec site-to-site peer 192.0.2.1 authentication pre-shared-secret K
ipsec ike pre-shared-key 1 text K
authentication remote pre-share key K
 psk 6 K
snmp-server community K RO
snmp-server host 192.0.2.1 version 2c K
snmp-server host inside 192.0.2.1 trap K
snmp-server user u g v3 encrypted auth sha K priv aes 256 K
enable password level 15 K
username bob privilege 15 secret 5 K
aaa-server X (inside) host 192.0.2.1 K
 ldap-login-password K
 radius-common-pw K
ntp authentication-key 1 md5 K
ip ospf message-digest-key 1 md5 K
standby 1 authentication K
ip ftp password K
 server-private 192.0.2.1 key 7 K
key config-key password-encryption K
copy tftp://bob:K@192.0.2.1/x
> > ikev1 pre-shared-key K
fw(config)# vpngroup acme password K
""".strip().split("\n")
"""Each with its key written K."""
DERIVED = (
    "SKEYID_e 0123456789abcdef0123456789abcdef",
    "SKEYID_a DEADBEEF 00112233 44556677 8899AABB",
    "ISAKMP: SKEYID DE AD BE EF",
    "[IKEv1 DEBUG]: SKEYID_d = deadbeef",
    "keymat deadbeef0011223344556677",
    "preshared_key deadbeef7465",
    "\tenc cbc(aes) 0xdeadbeef0011223344556677",
    "\tE: aes-cbc  deadbeef 89abcdef 01234567 89abcdef",
    "|   de ad be ef",
    "|   de ad be ef  00",
    "0x0000:  dead beef 0011 2233 4455 6677",
)


ASSIGNED = (
    *("pre-shared-key", "isakmp key", "failover key", "tacacs-server key", "key-string", "key-secret", "secret", "psk"),
    *("password", "passwd", "passphrase", "community", "shared-secret", "xauthpass", "pin", "PIN", "leftpsk"),
    *("preshared key", "ipsec_psk", "pre_shared_key", "key"),
)


@pytest.mark.parametrize("name", ASSIGNED)
@pytest.mark.parametrize("between", ["=", " = ", ": ", ":", "\t:\t", " =\t"])
@pytest.mark.parametrize("front", ["", "Nov 30 10:38:29 fw1 : "])
def test_a_key_is_masked_behind_each_name_and_however_it_is_set_off(front: str, name: str, between: str) -> None:
    assert KEY not in masked(f"{front}{name}{between}{KEY}")
    assert KEY not in masked(f"{front}{name.upper()}{between}'{KEY}'")


def keyed(template: str) -> str:
    return re.sub(r"\bK\b|(?<=0s)K\b", KEY, template)


@pytest.mark.parametrize("template", KEYED)
def test_a_key_in_a_pasted_configuration_is_masked(template: str) -> None:
    line = keyed(template)
    assert KEY in line
    assert KEY not in masked(line)
    assert KEY not in masked(f"asa#\n{line}\nNov 30 2024 10:38:29: %ASA-5-111008: x")


@pytest.mark.parametrize("line", DERIVED)
def test_what_keys_are_made_of_and_become_is_masked(line: str) -> None:
    assert re.search(r"de ?ad|0123456789", masked(line), re.IGNORECASE) is None


@pytest.mark.parametrize(
    "line",
    [
        "*Mar  1 00:42:09.431: %CRYPTO-4-IKMP_NO_PRESHARED_KEY: Pre-shared key for remote peer at 10.0.0.2 is missing",
        "ISAKMP:(1001):       XAUTH ACK Processed",
        "Nov 23 10:52:21.823307: XAUTH PAM support [enabled]",
        "        Key Length: 256",
        "ISAKMP: (0):found peer pre-shared key matching 198.51.100.1",
        "ISAKMP:(0):Proposed key length does not match policy",
        "05[IKE] received unknown vendor ID: 40:48:b7:d5",
        "IPSEC: New embryonic SA created @ 0x53FC3C00",
    ],
)
def test_what_only_speaks_of_keys_stays(line: str) -> None:
    assert masked(line) == line


def seconds(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


@pytest.mark.parametrize(
    "unit", ["key ", "set key ", "= ", "psk=", "aa ", "a-", "://a:", "> ", "SKEYID ", "deadbeef ", "crypto \t", "| de "]
)
def test_masking_takes_time_in_proportion(unit: str) -> None:
    short, long = (unit * 20_000)[:4_000], (unit * 20_000)[:16_000]
    masked(short)
    assert seconds(lambda: masked(long)) < 8 * seconds(lambda: masked(short)) + 0.15


def negotiations(lines: list[str]) -> tuple[Negotiation, ...]:
    assembler, correlator = Assembler(DIALECTS), Correlator()
    correlator.feed(assembler.feed(lines))
    correlator.feed(assembler.finish())
    return correlator.finish()


def failing(count: int, host: Callable[[int], str], peer: Callable[[int], str]) -> list[str]:
    return [
        f"Nov 30 10:38:29 {host(number)} : %ASA-3-713902: Group = {peer(number)}, IP = {peer(number)}, "
        "QM FSM error (P2 struct &0x1234, mess id 0x1)!"
        for number in range(count)
    ]


def test_a_log_of_very_many_devices_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correlate, "MAX_WRITERS", 16)
    found = negotiations(failing(200, lambda n: f"host{n}", lambda _: "10.0.0.2"))
    assert len(found) == 200


def test_a_log_of_very_many_peers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correlate, "MAX_TALKS", 40)
    monkeypatch.setattr(correlate, "MAX_WRITERS", 16)
    monkeypatch.setattr(correlate, "BUDGET", 100)
    lines = failing(400, lambda _: "fw", lambda n: f"10.0.{n % 250}.{n % 7}")
    found = negotiations([*lines, *lines, *lines])
    assert 0 < len(found) < 400


def test_what_was_let_go_may_be_followed_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A negotiation that was let go to bound the memory is spoken of again, ends, and is followed: no error."""
    monkeypatch.setattr(correlate, "MAX_TALKS", 4)
    monkeypatch.setattr(correlate, "BUDGET", 10)
    monkeypatch.setattr(correlate, "KEPT_ALIKE", 1)
    lines = []
    for _ in range(6):
        for peer in (f"10.0.0.{n}" for n in range(2, 12)):
            front = "Nov 30 10:38:29 fw : %ASA-5"
            lines += [
                f"{front}-713041: IP = {peer}, IKE Initiator: New Phase 1, Intf inside, IKE Peer {peer}  "
                "local Proxy Address 10.1.0.0, remote Proxy Address 10.2.0.0,  Crypto map (m)",
                f"{front}-713259: Group = {peer}, IP = {peer}, Session is being torn down. Reason: Lost Service",
            ]
    assert negotiations(lines)


def test_one_peer_with_very_many_negotiations_is_diagnosed_in_time() -> None:
    few = negotiations(failing(300, lambda n: f"host{n}", lambda _: "10.0.0.2"))
    many = negotiations(failing(1200, lambda n: f"host{n}", lambda _: "10.0.0.2"))
    diagnosed(few)
    assert seconds(lambda: diagnosed(many)) < 8 * seconds(lambda: diagnosed(few)) + 0.3
    assert len(diagnosed(many)) == len(diagnosed(few))
    assert len(next(iter(diagnose._cases(many, (), (None, None)))).others) == diagnose.MOST_OTHERS


DATA = Path(__file__).parent / "data"
LOGS = sorted(one for one in DATA.rglob("*") if one.is_file() and one.suffix in (".txt", ".log"))
FACES = (text, page, ticket, json_text)


def marked(log: str, chance: random.Random) -> tuple[str, list[str]]:
    """A log with its addresses and names replaced by such as nothing else holds, and these."""
    new: dict[str, str] = {}

    def address(found: re.Match[str]) -> str:
        octets = [int(one) for one in found[0].split(".")]
        if octets[0] in (0, 127) or octets[0] > 223 or max(octets) > 255:
            return found[0]
        made = ".".join(str(chance.randrange(20, 250)) for _ in range(3))
        return new.setdefault(found[0], f"{chance.choice((81, 93, 151))}.{made}")

    def name(found: re.Match[str]) -> str:
        if re.fullmatch(r"[0-9.]+", found[2]):
            return found[0]
        ending = chance.choice(("", "-Corp", ".example-x.com", "_gw", "@zebra.net"))
        return found[1] + new.setdefault(found[2], f"Zq{len(new)}wombat{ending}") + found[3]

    log = re.sub(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])", address, log)
    for place in (r"(Group = |Username = )([^,\n]+?)(,)", r"(<)([\w.-]+)(\|[0-9]+>)", r"(\")([\w./-]+)(\"(?: #|\[|:))"):
        log = re.sub(place, name, log)
    return log, list(new.values())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("log", LOGS, ids=lambda one: one.stem)
def test_nothing_of_a_log_is_left_when_it_is_redacted(log: Path, seed: int, tmp_path: Path) -> None:
    octets, originals = marked(log.read_text(errors="replace"), random.Random(seed))
    place = tmp_path / "Wombatfolder" / "Wombatfile-Zq.log"
    place.parent.mkdir()
    place.write_text(octets)
    found = explain(Order((Source(str(place)),), redact=True))
    for face in FACES:
        told = face(found).lower()
        left = [one for one in originals if re.search(rf"(?<![0-9]){re.escape(one.lower())}(?![0-9])", told)]
        assert left == []
        assert "wombat" not in told
