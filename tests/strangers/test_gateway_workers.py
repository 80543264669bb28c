"""A gateway of two workers on a real host: branches come up on both, people see one device, and it ends as one."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from gateways import Running, asked, asking, command, gateway
from host_state import traces_at
from hub import INSIDE, Branch, Hub, back, config, dynamic, hub
from lan import run, until

from mainmode.gateway.workers.share import hashed

pytestmark = pytest.mark.root


@contextmanager
def running(tag: str, folder: Path, branches: int = 4) -> Iterator[tuple[Hub, Running, list[Running]]]:
    """The hub with two workers, and its branches; no tunnel is up."""
    with hub(tag, branches) as net, ExitStack() as stack:
        options = "--workers", "2", "--metrics", "127.0.0.1:9500"
        centre = stack.enter_context(gateway(net.centre.namespace, folder / "hub", net.config(), *options))
        ends = [stack.enter_context(branch(one, net, folder)) for one in net.branches]
        yield net, centre, ends


@contextmanager
def branch(one: Branch, net: Hub, folder: Path) -> Iterator[Running]:
    text = config(one, [back(one, net.centre)])
    with gateway(one.namespace, folder / one.namespace, text, "--data-plane", "user") as made:
        yield made


def processes(centre: Running) -> list[int]:
    """Those of the workers, the first one first."""
    return [int(pid) for pid in re.findall(r"at worker \d \(process (\d+)\)", centre.out)]


def peers(shown: str) -> list[str]:
    return sorted(re.findall(r"IKE Peer: (\S+)", shown))


def test_branches_on_both_workers_are_one_device_for_people_and_programs(tmp_path: Path) -> None:
    with running("wa", tmp_path) as (net, centre, _):
        assert len(processes(centre)) == 2, centre.report()
        assert centre.out.count("2 at worker") == 2, "the peers are not shared out evenly"
        assert [one.ping(INSIDE) for one in net.branches] == [2] * 4, centre.report()
        outside = [one.outside for one in net.branches]
        shown = asked(centre, "show", "crypto", "isakmp", "sa")
        assert "Active SA: 4" in shown
        assert peers(shown) == outside
        assert re.findall(r"^(\d+) +IKE Peer", shown, re.M) == ["1", "2", "3", "4"]
        assert asked(centre, "show", "crypto", "ipsec", "sa").count("#pkts encaps: 2,") == 4
        sessions = asked(centre, "show", "vpn-sessiondb", "l2l")
        assert sorted(re.findall(r"Index +: (\d+)", sessions)) == ["1", "2", "3", "4"]
        assert "is the sum of that of each" in asked(centre, "show", "vpn-sessiondb")
        for one in net.branches[:2]:
            assert "(5/5)" in asked(centre, "ping", "inside", one.inside)
        metrics = run("ip", "netns", "exec", net.centre.namespace, "curl", "-s", "http://127.0.0.1:9500/metrics")
        assert len(re.findall(r"^ipsec_child_sa_packets_in\{.*\} [1-9]", metrics, re.M)) == 4
        assert "mainmode_workers 2\n" in metrics
        assert 'mainmode_negotiations_total{phase="1",role="responder",result="up"} 4\n' in metrics


def test_commands_reach_the_worker_that_has_the_peer(tmp_path: Path) -> None:
    with running("wb", tmp_path) as (net, centre, _):
        assert [one.ping(INSIDE) for one in net.branches] == [2] * 4, centre.report()
        first, second, third, _ = (one.outside for one in net.branches)
        told = asked(centre, "vpn-sessiondb", "logoff", "ipaddress", first)
        assert told == f'INFO: Number of sessions with IP address "{first}" logged off : 1\n'
        told = asked(centre, "vpn-sessiondb", "logoff", "ipaddress", second)
        assert told == f'INFO: Number of sessions with IP address "{second}" logged off : 1\n'
        sessions = asked(centre, "show", "vpn-sessiondb", "l2l", "filter", "ipaddress", third)
        (index,) = re.findall(r"Index +: (\d+)", sessions)
        asked(centre, "vpn-sessiondb", "logoff", "index", index)
        assert peers(asked(centre, "show", "crypto", "isakmp", "sa")) == [net.branches[3].outside]
        with pytest.raises(RuntimeError, match="there is no session 4711"):
            asked(centre, "vpn-sessiondb", "logoff", "index", "4711")
        told = asked(centre, "vpn-sessiondb", "logoff", "all", "noconfirm")
        assert told == 'INFO: Number of sessions of type "Site-to-Site VPN" logged off : 1\n'
        with pytest.raises(RuntimeError, match="needs a gateway of one process"):
            asked(centre, "console")


def test_debugs_and_captures_are_of_all_workers(tmp_path: Path) -> None:
    with running("wc", tmp_path) as (net, centre, _):
        follower = asking(centre, "debug", "crypto", "isakmp", "127")
        capture = asking(centre, "capture", "--pcap", str(tmp_path / "all.pcapng"), "--keys", str(tmp_path / "keys"))
        assert until(lambda: (tmp_path / "all.pcapng").exists(), 10)
        assert [one.ping(INSIDE) for one in net.branches] == [2] * 4, centre.report()
        for process in follower, capture:
            process.send_signal(signal.SIGINT)
        lines = follower.communicate(timeout=20)[0]
        capture.communicate(timeout=20)
        for one in net.branches:
            assert f"IP = {one.outside}, PHASE 1 COMPLETED" in lines
        argv = ("tshark", "-r", str(tmp_path / "all.pcapng"), "-Y", "isakmp", "-T", "fields", "-e", "ip.src")
        sources = set(run(*argv, check=False, timeout=60).split())
        assert {one.outside for one in net.branches} <= sources


def test_the_hub_begins_by_the_worker_that_has_the_branch(tmp_path: Path) -> None:
    with running("wd", tmp_path) as (net, centre, _):
        assert [net.centre.ping(one.inside) for one in net.branches] == [2] * 4, centre.report()
        shown = asked(centre, "show", "crypto", "isakmp", "sa")
        assert shown.count("initiator") == 4


def test_branches_that_no_line_names_come_up_where_their_address_hashes_to(tmp_path: Path) -> None:
    with hub("wj", 3) as net, ExitStack() as stack:
        before = traces_at(net.centre.namespace)
        options = "--workers", "2"
        centre = stack.enter_context(gateway(net.centre.namespace, tmp_path / "hub", dynamic(net.centre), *options))
        for one in net.branches:
            stack.enter_context(branch(one, net, tmp_path))
        assert {hashed(int(IPv4Address(one.outside)), 2) for one in net.branches} == {0, 1}
        assert [one.ping(INSIDE) for one in net.branches] == [2] * 3, centre.report()
        assert [net.centre.ping(one.inside) for one in net.branches] == [2] * 3, centre.report()
        for one in net.branches:
            assert "(5/5)" in asked(centre, "ping", "inside", one.inside)
        rules = run("ip", "-n", net.centre.namespace, "rule")
        tables = {re.search(rf"to {one.network} lookup (\d+)", rules)[1] for one in net.branches}  # type: ignore[index]
        assert len(tables) == 2
        assert len(peers(asked(centre, "show", "crypto", "isakmp", "sa"))) == 3
        assert centre.end() == 0, centre.report()
        assert traces_at(net.centre.namespace) == before


def test_a_configuration_that_is_read_again_is_in_force_in_all_workers_and_what_stayed_goes_on(tmp_path: Path) -> None:
    with running("we", tmp_path) as (net, centre, _):
        assert [one.ping(INSIDE) for one in net.branches] == [2] * 4, centre.report()
        before = asked(centre, "show", "vpn-sessiondb", "l2l")
        kept = Hub(net.centre, net.branches[:3])
        centre.reread(kept.config())
        assert centre.says("is read again and in force"), centre.report()
        *left, gone = (one.outside for one in net.branches)
        assert until(lambda: peers(asked(centre, "show", "crypto", "isakmp", "sa")) == left, 10)
        after = asked(centre, "show", "vpn-sessiondb", "l2l")
        assert re.findall(r"Login Time.*", after) == re.findall(r"Login Time.*", before)[:3]
        centre.reread(net.config())
        assert until(lambda: centre.out.count("is read again and in force") == 2, 10), centre.report()
        assert until(lambda: net.branches[3].ping(INSIDE) == 2, 20)
        assert len(peers(asked(centre, "show", "crypto", "isakmp", "sa"))) == 4
        centre.reread("hostname nothing\n")
        assert centre.says("the configuration stays as it was")
        assert [one.ping(INSIDE) for one in net.branches] == [2] * 4, centre.report()
        assert gone in asked(centre, "show", "crypto", "ipsec", "sa")


def test_sigterm_takes_all_down_and_leaves_the_host_as_it_was(tmp_path: Path) -> None:
    with hub("wf", 3) as net, ExitStack() as stack:
        before = traces_at(net.centre.namespace)
        centre = stack.enter_context(gateway(net.centre.namespace, tmp_path / "hub", net.config(), "--workers", "2"))
        ends = [stack.enter_context(branch(one, net, tmp_path)) for one in net.branches]
        assert [one.ping(INSIDE) for one in net.branches] == [2] * 3, centre.report()
        workers = processes(centre)
        assert centre.end() == 0, centre.report()
        assert "ended; tunnels taken down, with a delete to the peer: 3" in centre.out
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
        assert traces_at(net.centre.namespace) == before
        for end in ends:
            assert end.says("tunnel down"), end.report()


@pytest.mark.parametrize("which", [0, 1])
def test_no_worker_outlives_another(tmp_path: Path, which: int) -> None:
    with running(f"wg{which}", tmp_path, 2) as (net, centre, ends):
        assert [one.ping(INSIDE) for one in net.branches] == [2] * 2, centre.report()
        workers = processes(centre)
        os.kill(workers[which], signal.SIGKILL)
        code = centre.process.wait(20)
        assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 15), centre.report()
        if which == 1:
            assert code == 70
            assert f"worker 2 (process {workers[1]}) was ended by SIGKILL: the gateway ends" in centre.err
        told = [end for end in ends if end.says("tunnel down", 5)]
        assert len(told) == 1, "the worker that was left did not tell its peer"


def test_a_gateway_that_was_killed_is_followed_by_one_with_other_workers_which_cleans_up(tmp_path: Path) -> None:
    with hub("wh", 3) as net, ExitStack() as stack:
        before = traces_at(net.centre.namespace)
        for branch_ in net.branches:
            stack.enter_context(branch(branch_, net, tmp_path))
        for number, workers in enumerate(("3", "2", "1")):
            with gateway(
                net.centre.namespace, tmp_path / f"hub{number}", net.config(), "--workers", workers,
                "--data-plane", "user",
            ) as centre:  # fmt: skip
                for one in net.branches:
                    assert until(lambda one=one: one.ping(INSIDE) == 2, 40), centre.report()  # type: ignore[misc]
                if workers != "1":
                    for pid in processes(centre):
                        os.kill(pid, signal.SIGKILL)
                    centre.process.wait(10)
                else:
                    assert centre.end() == 0, centre.report()
        assert traces_at(net.centre.namespace) == before


def test_what_cannot_be_with_workers_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with hub("wi", 1) as net, gateway(net.centre.namespace, tmp_path / "hub", net.config(), "--workers", "2") as centre:
        for options, told in (
            (("--data-plane", "kernel"), "leave --workers out, or say --data-plane user"),
            (("--ssh", "127.0.0.1:2222"), "leave --workers out"),
            ((), "UDP port 500 is in use: by mainmode"),
        ):
            another = (str(centre.config), "--workers", "2", "--control", str(tmp_path / "another"), *options)
            assert told in run(*command(net.centre.namespace, *another), check=False)
