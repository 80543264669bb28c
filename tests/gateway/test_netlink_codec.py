"""Netlink messages, attributes and answers as octets, broken ones included."""

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.gateway.netlink import codec, objects
from mainmode.gateway.netlink.codec import Message, NetlinkError, answer_of, attribute, attributes, messages
from mainmode.gateway.netlink.objects import HostRoute, LinkAddress, RouteKind, Rule
from mainmode.gateway.netlink.sockets import EventSocket, RequestSocket

UNHURRIED = settings(deadline=None)
BYTES = st.binary(max_size=40)


@UNHURRIED
@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), BYTES), max_size=5))
def test_messages_of_a_datagram_read_as_they_were_written(parts: list[tuple[int, int, bytes]]) -> None:
    written = [Message(kind, flags, at, 7, body) for at, (kind, flags, body) in enumerate(parts)]
    datagram = b"".join(one.encode() + bytes(-len(one.body) % 4) for one in written)
    assert list(messages(datagram)) == written


@UNHURRIED
@given(st.dictionaries(st.integers(0, 0x3FFF), BYTES, max_size=6))
def test_attributes_read_as_they_were_written(parts: dict[int, bytes]) -> None:
    assert attributes(b"".join(attribute(kind, value) for kind, value in parts.items())) == parts


def test_the_flag_of_a_nested_attribute_is_not_part_of_its_type() -> None:
    assert attributes(pack("=HH", 4, 0x8000 | 5)) == {5: b""}


@UNHURRIED
@given(st.binary(max_size=80))
def test_any_octets_are_messages_or_a_value_error(datagram: bytes) -> None:
    for reader in (lambda: list(messages(datagram)), lambda: attributes(datagram)):
        with suppress(ValueError):
            reader()


@UNHURRIED
@given(st.binary(max_size=80), st.sampled_from([0, codec.ACK_ATTRIBUTES, codec.ACK_ATTRIBUTES | codec.CAPPED]))
def test_any_body_is_an_answer_or_a_value_error(body: bytes, flags: int) -> None:
    with suppress(ValueError):
        assert answer_of(Message(codec.ERROR, flags, 1, 0, body)).errno >= 0


@UNHURRIED
@given(st.binary(max_size=120))
def test_any_body_is_an_object_of_the_host_or_a_value_error(body: bytes) -> None:
    for reader in (objects.read_link, objects.read_address, objects.read_route, objects.read_rule):
        with suppress(ValueError):
            reader(body)


def test_an_answer_bears_the_kernel_s_own_words() -> None:
    words = attribute(1, b"ipv4: Device not found\0")
    quoted = pack("=IHHII", 20, 20, 5, 1, 0) + b"\1\2\3\4"
    whole = Message(codec.ERROR, codec.ACK_ATTRIBUTES, 1, 0, pack("=i", -19) + quoted + words)
    capped = Message(codec.ERROR, codec.ACK_ATTRIBUTES | codec.CAPPED, 1, 0, pack("=i", -19) + quoted[:16] + words)
    assert answer_of(whole) == answer_of(capped) == (19, "ipv4: Device not found")
    done = Message(codec.DONE, codec.ACK_ATTRIBUTES, 1, 0, pack("=i", 0))
    assert answer_of(done) == (0, "")


def test_a_refusal_names_what_was_to_be_done_and_the_error_number() -> None:
    refused = NetlinkError("add the rule 5: all lookup 7", 17, "with words")
    assert str(refused) == "cannot add the rule 5: all lookup 7: File exists (EEXIST), with words"
    assert str(NetlinkError("look", 0, "no answer")) == "cannot look: no answer"


@pytest.mark.parametrize(
    "rule",
    [
        Rule(100, 254),
        Rule(1, 500, IPv4Network("10.0.0.0/8"), IPv4Network("10.1.0.0/16"), "lo", "eth0", 0x4D4D, 0xFFFF),
        Rule(2, 7, mark=1, protocol=6, source_ports=(1, 2), destination_ports=(80, 80), invert=True, shortest=1, who=3),
    ],
)
def test_a_rule_reads_as_it_was_written(rule: Rule) -> None:
    assert objects.read_rule(objects.write_rule(rule)) == rule


@pytest.mark.parametrize(
    "route",
    [
        HostRoute(IPv4Network("0.0.0.0/0"), 3),
        HostRoute(IPv4Network("10.0.0.0/8"), 3, IPv4Address("10.1.1.1"), IPv4Address("10.2.2.2"), 500, 4, 1400),
        HostRoute(IPv4Network("10.0.0.0/8"), kind=RouteKind.BLACKHOLE),
    ],
)
def test_a_route_reads_as_it_was_written(route: HostRoute) -> None:
    assert objects.read_route(objects.write_route(route)) == route


def test_an_address_of_a_link_is_read_with_its_network() -> None:
    own, peer = IPv4Address("10.1.2.3"), IPv4Address("10.1.2.4")
    body = pack("=BBBBI", socket.AF_INET, 24, 0, 0, 3) + attribute(1, peer.packed) + attribute(2, own.packed)
    one = objects.read_address(body)
    assert one == LinkAddress(3, own, 24)
    assert one.network == IPv4Network("10.1.2.0/24")


def test_objects_of_another_family_are_none_of_ours() -> None:
    six = pack("=BBBBI", socket.AF_INET6, 64, 0, 0, 1)
    assert objects.read_address(six) is None
    assert objects.read_route(six + bytes(4)) is None
    assert objects.read_rule(six + bytes(4)) is None


class _FakeKernel:
    """Stands where the netlink socket stood: answers each request with what the test says."""

    def __init__(self, answers: list[list[Message]], sender: int = 0, flags: int = 0) -> None:
        self.answers, self.sender, self.flags = answers, sender, flags
        self.sent: list[bytes] = []

    def send(self, octets: bytes) -> int:
        self.sent.append(octets)
        return len(octets)

    def recvmsg(self, _: int) -> tuple[bytes, list[object], int, tuple[int, int]]:
        if not self.answers:
            raise TimeoutError
        datagram = b"".join(one.encode() + bytes(-len(one.body) % 4) for one in self.answers.pop(0))
        return datagram, [], self.flags, (self.sender, 0)

    def close(self) -> None:
        pass


def _asking(monkeypatch: pytest.MonkeyPatch, kernel: _FakeKernel) -> RequestSocket:
    one = RequestSocket(socket.NETLINK_ROUTE, "rtnetlink")
    one.close()
    monkeypatch.setattr(one, "_socket", kernel)
    return one


def _acknowledged(sequence: int, errno: int = 0) -> Message:
    return Message(codec.ERROR, 0, sequence, 0, pack("=i", -errno) + bytes(16))


def test_an_answer_to_an_older_question_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = _FakeKernel([[_acknowledged(0, 17)], [Message(9, 0, 1, 0, b"mine"), _acknowledged(1)]])
    assert [one.body for one in _asking(monkeypatch, kernel).request(1, b"", "ask")] == [b"mine"]


def test_what_another_process_sends_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asking = _asking(monkeypatch, _FakeKernel([[_acknowledged(1)]], sender=4711))
    with pytest.raises(NetlinkError, match="cannot ask: the kernel does not answer"):
        asking.request(1, b"", "ask")


def test_an_answer_that_is_cut_or_broken_is_an_error_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = _asking(monkeypatch, _FakeKernel([[_acknowledged(1)]], flags=socket.MSG_TRUNC))
    with pytest.raises(NetlinkError, match="cannot ask: the kernel's answer is not understood"):
        cut.request(1, b"", "ask")
    broken = _asking(monkeypatch, _FakeKernel([[Message(codec.ERROR, 0, 1, 0, b"")]]))
    with pytest.raises(NetlinkError, match="without an error number"):
        broken.request(1, b"", "ask")


def test_a_table_that_changed_meanwhile_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Message(codec.DONE, codec.MULTI, 0, 0, pack("=i", 0))
    first = [Message(9, codec.MULTI | codec.DUMP_INTERRUPTED, 1, 0, b"old!"), done._replace(sequence=1)]
    second = [Message(9, codec.MULTI, 2, 0, b"new!"), done._replace(sequence=2)]
    kernel = _FakeKernel([first, second])
    assert [one.body for one in _asking(monkeypatch, kernel).dump(1, b"", "list")] == [b"new!"]
    assert len(kernel.sent) == 2


class _Storm(_FakeKernel):
    """Hears one datagram, a full buffer, another datagram, then nothing."""

    def recvmsg(self, _: int) -> tuple[bytes, list[object], int, tuple[int, int]]:
        if len(self.answers) == 1 and not self.sent:
            self.sent.append(b"full")
            raise OSError(105, "No buffer space available")
        if not self.answers:
            raise BlockingIOError
        return super().recvmsg(_)


def test_a_full_buffer_of_events_is_told_and_what_follows_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    events = EventSocket(socket.NETLINK_ROUTE, (1,), "links")
    events.close()
    monkeypatch.setattr(events, "_socket", _Storm([[Message(16, 0, 0, 0, b"one")], [Message(16, 0, 0, 0, b"two")]]))
    heard = events.read()
    assert [one.body for one in heard.messages] == [b"one", b"two"]
    assert heard.lost
