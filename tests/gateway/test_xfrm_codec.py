"""SAs, policies and events of the kernel's IPsec as octets, broken ones included."""

from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network
from struct import error, pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.address import Endpoint
from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.base.secret import Secret
from mainmode.gateway.netlink.codec import Message, attribute
from mainmode.gateway.xfrm.algorithms import UnknownSuiteError, key_lengths, named, write_algorithms
from mainmode.gateway.xfrm.events import Acquired, Expired, Mapped, read_event
from mainmode.gateway.xfrm.layout import Attribute, Carried, Direction, KernelMode, Limits, SaId, Selector
from mainmode.gateway.xfrm.policies import Policy, Template, read_policy, write_policy
from mainmode.gateway.xfrm.states import INFO_SIZE, Replay, State, read_state, succeeding, write_state
from mainmode.ipsec.dataplane import EspSuite, SaKeys

UNHURRIED = settings(deadline=None)

OURS, THEIRS = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
SUITE = EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.HMAC_SHA1)
KEYS = SaKeys(Secret(b"k" * 16), Secret(b"m" * 20))
SA = SaId(THEIRS, 0x12345678)
LAN = Selector(IPv4Network("192.168.1.0/24"), IPv4Network("192.168.2.0/24"))


def state(**more: object) -> State:
    return State(SA, OURS, 7, KernelMode.TUNNEL, SUITE, KEYS, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("window", [0, 32, 64, 1024])
def test_an_sa_reads_as_it_was_written_but_for_its_keys(window: int) -> None:
    replay = Replay(5, 9, (0xF0, *([0] * max(0, window // 32 - 1))))
    one = state(
        window=window,
        limits=Limits(1, 2, 3, 4, 5, 6),
        encapsulation=(4500, 61234),
        clears_df=True,
        carried=Carried(10, 11, 12, 13),
        replay=replay,
    )
    report = read_state(write_state(one))
    assert report is not None
    assert (report.sa, report.source, report.reqid, report.mode) == (SA, OURS, 7, KernelMode.TUNNEL)
    assert report.limits == one.limits
    assert report.replay == replay
    assert report.encapsulation == (4500, 61234)
    assert report.clears_df


def test_what_an_sa_carried_and_refused_is_read_from_the_kernel_s_report() -> None:
    body = bytearray(write_state(state()))
    body[160:192] = Carried(1000, 10, 1_700_000_000, 1_700_000_001).encode()
    body[192:204] = pack("=3I", 1, 2, 3)
    body += attribute(Attribute.LAST_USED, pack("=Q", 1_700_000_005))
    report = read_state(bytes(body))
    assert report is not None
    assert (report.carried.octets, report.carried.packets) == (1000, 10)
    assert (report.replays, report.bad_icvs, report.last_used) == (3, 3, 1_700_000_005)


def test_an_sa_that_carries_on_for_another_uses_no_number_twice() -> None:
    report = read_state(write_state(state(replay=Replay(100, 50, (3,)))))
    assert report is not None
    next_one = succeeding(report)
    assert next_one.sent > 100 + 500
    assert (next_one.received, next_one.seen) == (50, (3,))


def test_sas_of_other_protocols_and_families_are_none_of_ours() -> None:
    body = bytearray(write_state(state()))
    body[76] = 51
    assert read_state(bytes(body)) is None
    body[76] = 50
    body[212:214] = pack("=H", 10)
    assert read_state(bytes(body)) is None


@pytest.mark.parametrize("template", [None, Template(OURS, THEIRS, 7, KernelMode.TUNNEL)])
@pytest.mark.parametrize("direction", list(Direction))
def test_a_policy_reads_as_it_was_written(direction: Direction, template: Template | None) -> None:
    policy = Policy(Selector(LAN.source, LAN.destination, 6, 80, 0, 3), direction, 100, template)
    assert read_policy(write_policy(policy)) == policy


ACQUIRE = (
    write_state(state())[56:80]
    + OURS.packed.ljust(16, b"\0")
    + write_policy(Policy(LAN, Direction.OUT, 5))[:56]
    + write_policy(Policy(LAN, Direction.OUT, 5))
    + bytes(16)
)


def test_an_acquire_names_the_flow_and_where_its_sa_should_lead() -> None:
    event = read_event(Message(23, 0, 0, 0, ACQUIRE))
    assert event == Acquired(LAN, OURS, THEIRS, Policy(LAN, Direction.OUT, 5))


@pytest.mark.parametrize("hard", [False, True])
def test_an_expiry_names_the_sa_and_whether_it_is_gone(hard: bool) -> None:
    body = write_state(state())[:INFO_SIZE] + bytes([hard]) + bytes(7)
    event = read_event(Message(24, 0, 0, 0, body))
    assert isinstance(event, Expired)
    assert (event.state.sa, event.hard) == (SA, hard)


def test_a_mapping_names_the_sa_and_where_its_peer_is_now() -> None:
    new = IPv4Address("10.9.9.9")
    body = OURS.packed.ljust(16, b"\0") + SA.spi.to_bytes(4) + pack("=HBxI", 2, 50, 7)
    body += THEIRS.packed.ljust(16, b"\0") + new.packed.ljust(16, b"\0") + (4500).to_bytes(2) + (61000).to_bytes(2)
    assert read_event(Message(38, 0, 0, 0, body)) == Mapped(SaId(OURS, SA.spi), Endpoint(new, 61000))


@UNHURRIED
@given(st.integers(20, 40), st.binary(max_size=400))
def test_any_message_is_an_event_or_a_value_error(kind: int, body: bytes) -> None:
    with suppress(ValueError, error):
        read_event(Message(kind, 0, 0, 0, body))


@UNHURRIED
@given(st.integers(0, 500), st.integers(0, 255), st.sampled_from([ACQUIRE, write_state(state()) + bytes(8)]))
def test_a_damaged_message_is_an_event_or_a_value_error(at: int, octet: int, whole: bytes) -> None:
    body = whole[:at] + bytes([octet]) + whole[at + 1 :]
    with suppress(ValueError, error):
        read_event(Message(23 if whole is ACQUIRE else 24, 0, 0, 0, body))
        read_state(body)
        read_policy(body)


def test_selectors_meet_where_both_select() -> None:
    narrow = Selector(IPv4Network("192.168.1.8/29"), IPv4Network("0.0.0.0/0"), 6, 0, 80)
    assert LAN.meeting(narrow) == Selector(narrow.source, LAN.destination, 6, 0, 80)
    assert narrow.meeting(LAN) == LAN.meeting(narrow)
    assert narrow.meeting(Selector(LAN.source, LAN.destination, 17)) is None
    assert LAN.meeting(Selector(IPv4Network("10.0.0.0/8"), LAN.destination)) is None
    assert LAN.reversed() == Selector(LAN.destination, LAN.source)


def test_no_key_is_in_what_an_sa_prints_of_itself() -> None:
    assert "kkkk" not in repr(state())
    assert "mmmm" not in repr(state())


def test_a_suite_without_words_in_the_kernel_is_refused_by_name() -> None:
    with pytest.raises(UnknownSuiteError, match="the kernel has no ESP with"):
        write_algorithms(EspSuite(EspTransform.CAST, 128, EspAuthentication.HMAC_SHA1), KEYS)


def test_suites_have_names_and_key_lengths() -> None:
    gcm = EspSuite(EspTransform.AES_GCM_16, 256, EspAuthentication.NONE)
    assert named(SUITE) == "cbc(aes) of 128 bits with hmac(sha1)"
    assert named(gcm) == "rfc4106(gcm(aes)) of 256 bits"
    assert (key_lengths(SUITE), key_lengths(gcm)) == ((16, 20), (36, 0))
