"""Renewal of both phases with strongSwan, either side beginning it, while pings go through."""

import time
from pathlib import Path

import pytest
from charon import Terms, charon
from lan import lan
from ours import Ours, ours
from test_strangers_strongswan import CONFIG

pytestmark = pytest.mark.root

KEY = "correct-horse-battery"
SHORT = CONFIG.replace(" lifetime 86400", " lifetime 120") + "crypto ipsec security-association lifetime seconds 120\n"


def hardly_a_ping_is_lost(shell: Ours) -> None:
    """All but those that were still on their way when the renewals' packets overtook them."""
    sent = {entry["sequence"] for entry in shell.told("Sent")}
    answered = {entry["sequence"] for entry in shell.told("Pong")}
    lost = sorted(sent - answered - set(range(max(sent) - 4, max(sent) + 1)) - set(range(8)))
    assert not lost, f"{lost} of {len(sent)}\n{shell.report()[-6000:]}"
    assert not shell.told("NoTunnel")


def test_charon_renews_both_phases_and_our_side_follows(tmp_path: Path) -> None:
    terms = Terms(KEY, reauth=25, rekey=15, life=60)
    with (
        lan("renew1") as net,
        charon(net, net.b, tmp_path / "charon", terms) as daemon,
        ours(
            net.a, tmp_path / "ours", CONFIG, "--ping", net.a.inside, net.b.inside, "--on", "--seconds", "90"
        ) as shell,
    ):
        time.sleep(62)
        assert len(shell.told("InstallSa")) >= 4, shell.report()
        assert [entry["role"] for entry in shell.told("Phase1Up")][:2] == ["Initiator", "Responder"]
        hardly_a_ping_is_lost(shell)
        assert daemon.established()
        assert daemon.list_sas().count("ESTABLISHED, IKEv1") <= 2
        assert len(daemon.children()) <= 2


def test_our_side_renews_both_phases_and_charon_follows(tmp_path: Path) -> None:
    with (
        lan("renew2") as net,
        charon(net, net.b, tmp_path / "charon", Terms(KEY)) as daemon,
        ours(
            net.a, tmp_path / "ours", SHORT, "--ping", net.a.inside, net.b.inside, "--on", "--seconds", "180"
        ) as shell,
    ):
        time.sleep(150)
        said = [entry["text"] for entry in shell.told("Say")]
        assert any("IKE Initiator: Rekeying Phase 1" in line for line in said)
        assert any("IKE Initiator: Rekeying Phase 2" in line for line in said)
        assert len(shell.told("InstallSa")) == 2
        assert [entry["role"] for entry in shell.told("Phase1Up")] == ["Initiator", "Initiator"]
        hardly_a_ping_is_lost(shell)
        assert daemon.list_sas().count("ESTABLISHED, IKEv1") == 1, daemon.list_sas()
        [child], [_, pair] = daemon.children(), shell.told("InstallSa")
        assert (pair["spi_in"], pair["spi_out"]) == (child.spi_out, child.spi_in)
