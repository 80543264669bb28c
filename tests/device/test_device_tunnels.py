"""How sessions and their tunnels are numbered and counted while SAs come and go."""

from dataclasses import replace

from show_states import State, state

from mainmode.device.tunnels import Carried, TunnelBook
from mainmode.ike.effects import NO_EXCHANGE, Cause, Failure, InstallSa, RemoveSa, Step
from mainmode.ipsec.dataplane import SaPair

DETAIL = "vpn-sessiondb detail l2l"


def tunnel_ids(one: State) -> list[str]:
    return [row["session_id"] for row in one.parsed(DETAIL)]


def failed(pair: SaPair) -> RemoveSa:
    return RemoveSa(pair.inbound_spi, Failure(Cause.ADMIN, Step.TEARDOWN, "cleared"))


def test_a_tunnel_that_comes_back_has_a_new_number_and_counts_from_nothing() -> None:
    one = state("two tunnels", "9.x")
    first, second = one.standing
    book, sad = TunnelBook(), one.box.sad
    for pair in (first, second):
        book.installed(InstallSa(pair, NO_EXCHANGE))
    assert [tunnel.number for tunnel in book.of([first.inbound_spi, second.inbound_spi])] == [2, 3]
    assert book.of([first.inbound_spi])[0].carried(sad).packets_out == 4
    book.removed(failed(first), sad)
    again = replace(first, inbound_spi=7)
    book.installed(InstallSa(again, NO_EXCHANGE))
    assert [tunnel.number for tunnel in book.of([7, second.inbound_spi])] == [3, 4]
    assert book.of([7])[0].carried(sad) == Carried()
    assert (book.ipsec.active, book.ipsec.cumulative, book.ipsec.peak) == (2, 3, 2)
    assert book.of([first.inbound_spi]) == ()


def test_what_a_renewed_pair_carried_stays_with_its_tunnel() -> None:
    one = state("up, initiator", "9.x")
    (pair,) = one.standing
    book, sad = TunnelBook(), one.box.sad
    book.installed(InstallSa(pair, NO_EXCHANGE))
    book.installed(InstallSa(replace(pair, inbound_spi=7), NO_EXCHANGE, pair.inbound_spi))
    book.removed(failed(pair), sad)
    (tunnel,) = book.of([7])
    assert (tunnel.number, tunnel.carried(sad).packets_out, tunnel.newest.inbound_spi) == (2, 4, 7)
    assert (book.ipsec.cumulative, book.pairs.cumulative, book.pairs.peak) == (1, 2, 2)
    book.removed(failed(replace(pair, inbound_spi=7)), sad)
    assert (book.ipsec.active, book.pairs.active) == (0, 0)


def test_a_renewed_tunnel_keeps_its_number_and_its_counters() -> None:
    one = state("during rekey", "9.x")
    assert len(one.standing) == 2
    assert tunnel_ids(one) == ["1", "2"]
    _, tunnel = one.parsed(DETAIL)
    assert tunnel["packets_transmitted"] == "7"
    (summary,) = one.parsed("vpn-sessiondb")
    assert summary["tunnels_summary_cumulative"] == ["1", "1"]


def test_a_session_that_ends_is_counted_and_shown_no_more() -> None:
    one = state("up, initiator", "9.x")
    one.pair.carry_out("a", one.box.clear(None, one.pair.now))
    assert one.show(DETAIL).startswith("INFO: There are presently no active sessions")
    (summary,) = one.parsed("vpn-sessiondb")
    assert (summary["total_active_and_inactive"], summary["total_cumulative"]) == ("0", "1")
    assert summary["tunnels_summary_active"] == ["0", "0"]
    one.pair.ping(2, 60)
    (again,) = one.parsed("vpn-sessiondb")
    assert (again["total_active_and_inactive"], again["total_cumulative"]) == ("1", "2")


def test_the_group_policy_gives_filter_and_idle_timeout() -> None:
    policy = (
        "access-list FILTER extended permit ip any any\n"
        "group-policy GP internal\n"
        "group-policy GP attributes\n"
        " vpn-filter value FILTER\n"
        " vpn-idle-timeout 10\n"
        "tunnel-group 10.0.0.2 general-attributes\n"
        " default-group-policy GP\n"
    )
    one = state("up, initiator", "9.x", policy)
    ike, tunnel = one.parsed(DETAIL)
    assert ike["filter_name"] == "FILTER"
    assert (tunnel["idle_timeout_interval"], tunnel["idle_timeout_remaining"]) == ("10", "9")
    assert {row["vpn_filter"] for row in one.parsed("asp table vpn-context detail")} == {"FILTER"}
