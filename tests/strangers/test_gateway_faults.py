"""Two gateways in a world that breaks around them: signals at the wrong moment, links that go, a stopped process."""

import signal
import subprocess
from pathlib import Path

import pytest
from firewall import MAINMODE, Firewall
from host_state import traces_at
from lan import run, until
from pair_of_gateways import ping, two_gateways
from pinger import pinging
from sites import Sites

pytestmark = pytest.mark.root


def pid(gateway: Firewall) -> "subprocess.Popen[bytes]":
    assert gateway.process is not None
    return gateway.process


def test_storms_of_sighup_with_no_file_and_a_broken_one_cost_no_ping_and_two_sigterms_end_as_one(
    tmp_path: Path,
) -> None:
    with two_gateways("storm", tmp_path) as (net, first, second):
        before = traces_at(net.b.host)
        assert ping(net.a, net.b)[0] == 3
        file, text = tmp_path / "a" / "asa.cfg", (tmp_path / "a" / "asa.cfg").read_text()
        with pinging(net.a.host, net.b.address) as pings:
            for broken in (None, "", "\0\xff" * 1000, text.replace("crypto isakmp enable outside", "")):
                file.unlink(missing_ok=True)
                if broken is not None:
                    file.write_text(broken)
                    file.chmod(0o600)
                for _ in range(30):
                    pid(first).send_signal(signal.SIGHUP)
                assert until(lambda: "stays as it was" in first.errors(), 15), first.report()
                (first.folder / "errors").write_text("")
            file.write_text(text)
            for _ in range(30):
                pid(first).send_signal(signal.SIGHUP)
            assert first.says("is read again: nothing changed", 15), first.report()
            told = pings.told()[net.b.address]
        assert told.sent - told.answered <= 1, first.report()
        process = pid(first)
        process.terminate()
        process.terminate()
        assert process.wait(15) == 0
        assert second.says("tunnel down.*the peer deleted the SA", 10), second.report()
        assert traces_at(net.b.host) == before


def test_sighup_while_it_starts_does_not_end_it(tmp_path: Path) -> None:
    with two_gateways("early", tmp_path) as (_, first, _second):
        first.stop()
        argv = ["ip", "netns", "exec", first.namespace, *MAINMODE, "up", "--control", first.control]
        out = (tmp_path / "early").open("wb")
        process = subprocess.Popen([*argv, str(first.folder / "asa.cfg")], stdout=out, stderr=subprocess.STDOUT)
        try:
            status = Path(f"/proc/{process.pid}/status")
            ignored = 1 << (signal.SIGHUP - 1)

            def deaf() -> bool:
                fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
                return bool((int(fields["SigIgn"], 16) | int(fields["SigCgt"], 16)) & ignored)

            assert until(deaf, 20)
            while "ready;" not in (tmp_path / "early").read_text():
                assert process.poll() is None, (tmp_path / "early").read_text()
                process.send_signal(signal.SIGHUP)
        finally:
            process.terminate()
            assert process.wait(15) == 0
            out.close()


def link_is_made_again(net: Sites) -> None:
    """The outside link is another one, with the same name and address, as after a driver was loaded again."""
    gateway = net.a.gateway
    run("ip", "-n", gateway, "link", "delete", "outside")
    names = ("type", "veth", "peer", "name", "outside", "netns", gateway)
    run("ip", "link", "add", net.links["a"], "netns", net.router, *names)
    run("ip", "-n", net.router, "address", "add", f"{net.a.router}/24", "dev", net.links["a"])
    run("ip", "-n", gateway, "address", "add", f"{net.a.outside}/24", "dev", "outside")
    for namespace, link in ((net.router, net.links["a"]), (gateway, "outside")):
        run("ip", "-n", namespace, "link", "set", link, "up")
    run("ip", "-n", gateway, "route", "add", "default", "via", net.a.router, "src", net.a.outside)


def test_links_that_go_down_or_are_made_anew_are_told_and_tunnels_go_on(tmp_path: Path) -> None:
    with two_gateways("links", tmp_path) as (net, first, second):
        assert ping(net.a, net.b)[0] == 3
        gateway = net.a.gateway
        run("ip", "-n", gateway, "link", "set", "outside", "down")
        assert ping(net.a, net.b, count=2, wait=1)[0] == 0
        run("ip", "-n", gateway, "link", "set", "outside", "up")
        run("ip", "-n", gateway, "route", "add", "default", "via", net.a.router, "src", net.a.outside)
        assert ping(net.a, net.b)[0] == 3, first.report()
        link_is_made_again(net)
        assert first.says("interface outside 10.1.0.2/24 is outside, by its address.* it is there again", 10) or (
            first.says(r"\(it was outside with 10.1.0.2\)", 5)
        ), first.report()
        assert ping(net.a, net.b)[0] == 3, first.report()
        run("ip", "-n", gateway, "link", "delete", "mainmode0")
        assert first.says("mainmode0 was taken away: it is in place again", 10), first.report()
        assert ping(net.a, net.b)[0] == 3, first.report()
        assert not second.said("IKE lost contact"), second.report()


def test_a_process_that_stood_still_until_its_peer_gave_it_up_goes_on(tmp_path: Path) -> None:
    with two_gateways("still", tmp_path) as (net, first, second):
        assert ping(net.a, net.b)[0] == 3
        pid(second).send_signal(signal.SIGSTOP)
        try:
            assert first.says("IKE lost contact", 60), first.report()
        finally:
            pid(second).send_signal(signal.SIGCONT)
        assert until(lambda: ping(net.a, net.b, count=1, wait=2)[0] == 1, 30), second.report()
        assert ping(net.b, net.a)[0] == 3, second.report()
        assert "fault in mainmode" not in first.errors() + second.errors()
