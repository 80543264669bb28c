"""Ansible's collection `cisco.asa`, by a playbook over SSH: commands, facts, and configurations broken and mended."""

import json
from pathlib import Path
from typing import Any

import pytest
from lab_rig import FAR, NEAR
from ssh_rig import served

from judges import COLLECTIONS, pair, run

pytestmark = pytest.mark.judges

SETTINGS = f"""\
[defaults]
inventory = inventory.ini
collections_path = {COLLECTIONS}
host_key_checking = False
deprecation_warnings = False
localhost_warning = False
[persistent_connection]
command_timeout = 60
connect_timeout = 60
"""
INVENTORY = """\
[all]
asa1 ansible_host=127.0.0.1 ansible_port={port}
[all:vars]
ansible_connection = ansible.netcommon.network_cli
ansible_network_os = cisco.asa.asa
ansible_user = ann
ansible_password = hush-ann
ansible_become = true
ansible_become_method = ansible.netcommon.enable
ansible_become_password = 3nable
ansible_network_cli_ssh_type = paramiko
trace = packet-tracer input inside icmp {near} 8 0 {far}
told = {told}
"""


def plays(folder: Path, port: int) -> dict[str, dict[str, Any]]:
    """What became of each task, by its name."""
    told = folder / "told.json"
    (folder / "ansible.cfg").write_text(SETTINGS)
    (folder / "inventory.ini").write_text(INVENTORY.format(port=port, near=NEAR, far=FAR, told=told))
    done = run(
        "ansible-playbook", str(Path(__file__).parent / "asa.yml"), home=folder,
        ANSIBLE_CONFIG=str(folder / "ansible.cfg"), ANSIBLE_HOME=str(folder / "ansible"),
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    found: dict[str, dict[str, Any]] = json.loads(told.read_text())
    return found


def test_a_playbook_looks_breaks_saves_and_mends(tmp_path: Path) -> None:
    with served(pair()) as lab:
        tasks = plays(tmp_path, lab.ports[0])
        running = lab.call(lambda: next(iter(lab.lab.firewalls.values())).running)
        saved, runs = running.startup, running.configuration
    version, sas = tasks["look"]["stdout"]
    assert version.startswith("mainmode Software Version ")
    assert "There are no IKEv1 SAs" in sas
    assert "Action: allow" in tasks["wait for a tunnel"]["stdout"][0]
    facts = tasks["facts"]["ansible_facts"]
    assert (facts["ansible_net_hostname"], facts["ansible_net_model"]) == ("asa1", "mainmode")
    assert facts["ansible_net_filesystems"] == ["disk0:"]
    assert "crypto map MAP 10 set peer 10.0.0.2" in facts["ansible_net_config"]
    assert tasks["break"]["changed"]
    shown, startup = tasks["look at what is broken"]["stdout"]
    assert "set peer 10.0.0.99" in shown
    assert "10.0.0.99" not in startup
    assert tasks["mend"]["changed"]
    assert not tasks["again"]["changed"]
    assert tasks["below a line"]["updates"] == ["object network FROM-ANSIBLE", "host 192.168.1.77"]
    mended, kept = tasks["look at what is saved"]["stdout"]
    assert "set peer 10.0.0.2" in mended
    assert "10.0.0.99" not in mended
    assert "object network FROM-ANSIBLE" in kept
    assert "FROM-ANSIBLE" in saved
    assert "FROM-ANSIBLE" in runs.objects
    assert "Invalid input detected" in tasks["a line that is none"]["msg"]
