"""The configurations of docs/tunnels are run as they stand there, but for their addresses. Needs root."""

import re
from pathlib import Path

import pytest
from gateways import gateway
from lan import run, until
from pluto import TOOLS, TREE, Pluto, Terms, pluto
from sites import Sites, pings, sites
from strongswan import Charon, charon

pytestmark = pytest.mark.root
PAGES = Path(__file__).resolve().parents[2] / "docs" / "tunnels"


def block(page: str, language: str, both: Sites) -> str:
    """The only block of a language on a page, with the addresses of the namespaces."""
    (found,) = re.findall(rf"^```{re.escape(language)}\n(.*?)^```$", (PAGES / page).read_text("utf-8"), re.M | re.S)
    addresses = {
        "192.0.2.10": both.a.outside,
        "192.0.2.1": both.a.router,
        "198.51.100.20": both.b.outside,
        "10.1.1": both.a.networks[0],
        "10.2.2": both.b.networks[0],
    }
    return re.sub("|".join(map(re.escape, addresses)), lambda old: addresses[old[0]], str(found))


def promised(page: str, both: Sites) -> str:
    """What the page says that the terminal shows, without the time."""
    return block(page, "text", both).split(" ", 3)[3].strip()


@pytest.mark.parametrize("we_begin", [True, False])
def test_the_page_about_strongswan_makes_a_tunnel(we_begin: bool, tmp_path: Path) -> None:
    with sites(f"docs-swan-{we_begin:d}") as both:
        theirs = block("strongswan.md", "swanctl", both)
        with charon(both.b.gateway, tmp_path / "charon") as daemon:
            load(daemon, theirs)
            with gateway(both.a.gateway, tmp_path / "ours", block("strongswan.md", "cisco", both)) as ours:
                if not we_begin:
                    daemon.swanctl("--initiate", "--child", "lan", "--timeout", "20")
                assert pings(both.a, both.b, count=3) == {"172.16.1": 3}, ours.report() + daemon.log()
                assert ours.says(promised("strongswan.md", both)), ours.report()


def load(daemon: Charon, text: str) -> None:
    """The page's whole file, instead of connections of the harness."""
    (daemon.folder / "swanctl.conf").write_text(text)
    daemon.swanctl("--load-all", "--clear", "--noprompt", "--file", f"{daemon.folder}/swanctl.conf")


@pytest.mark.parametrize("we_begin", [True, False])
def test_the_page_about_libreswan_makes_a_tunnel(we_begin: bool, tmp_path: Path) -> None:
    with (
        sites(f"docs-pluto-{we_begin:d}") as both,
        pluto(both.b, both.a, tmp_path / "pluto", Terms()) as daemon,
        gateway(both.a.gateway, tmp_path / "ours", block("libreswan.md", "cisco", both)) as ours,
    ):
        reload(daemon, block("libreswan.md", "ipsec.conf", both), block("libreswan.md", "ipsec.secrets", both))
        if we_begin:
            pings(both.a, both.b, wait=1)
        else:
            daemon.initiate()
        assert until(lambda: len(daemon.pairs()) == 1, 20), ours.report() + daemon.log()
        assert ours.says(promised("libreswan.md", both)), ours.report()
        assert "no connection" not in daemon.log()


def reload(daemon: Pluto, connections: str, secrets: str) -> None:
    """The page's two files, instead of those of the harness; only where pluto's script is has to be said here."""
    (daemon.folder / "ipsec.secrets").write_text(secrets)
    (daemon.folder / "page.conf").write_text(f'{connections}  leftupdown="/{TOOLS}/_updown"\n')
    daemon.whack("--rereadsecrets")
    daemon.whack("--delete", "--name", "lan")
    argv = (f"{TREE}/{TOOLS}/addconn", "--config", f"{daemon.folder}/page.conf")
    control = ("--ctlsocket", f"{daemon.folder}/run/pluto.ctl")
    run("ip", "netns", "exec", daemon.site.gateway, *argv, *control, "lan")
