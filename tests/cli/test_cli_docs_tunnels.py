"""The configurations of docs/tunnels that no peer can be had for: the lab negotiates them with the other end."""

import re
from pathlib import Path

import pytest

from mainmode.cli.main import main
from mainmode.cli.parser import EXIT_UP
from mainmode.device.config.reader import read

PAGES = Path(__file__).parents[2] / "docs" / "tunnels"

GATEWAY = """\
hostname cloud
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 198.51.100.20 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.2.2.1 255.255.255.0
route outside 0.0.0.0 0.0.0.0 198.51.100.1
access-list HERE extended permit ip 10.2.2.0 255.255.255.0 {branch}
crypto ipsec ikev1 transform-set T {esp}
crypto map M 10 match address HERE
crypto map M 10 set peer 192.0.2.10
crypto map M 10 set ikev1 transform-set T
crypto map M 10 set security-association lifetime seconds 3600
{more}crypto map M interface outside
crypto ikev1 enable outside
crypto ikev1 policy 1
 authentication pre-share
 encryption {encryption}
 hash sha
 group {group}
 lifetime 28800
tunnel-group 192.0.2.10 type ipsec-l2l
tunnel-group 192.0.2.10 ipsec-attributes
 ikev1 pre-shared-key {key}
"""
AWS = GATEWAY.format(
    branch="any",
    esp="esp-aes esp-sha-hmac",
    encryption="aes",
    group=14,
    key="correct_horse.battery1",
    more="crypto map M 10 set pfs group14\n",
)
AZURE = GATEWAY.format(
    branch="10.1.1.0 255.255.255.0",
    esp="esp-aes-256 esp-sha-hmac",
    encryption="aes-256",
    group=2,
    key="correct-horse-battery",
    more="crypto map M 10 set security-association lifetime kilobytes 102400000\n",
)


def configurations(page: str) -> list[str]:
    """All configurations of a page, in their order."""
    return re.findall(r"^```cisco\n(.*?)^```$", (PAGES / page).read_text("utf-8"), re.M | re.S)


def pair(name: str) -> tuple[str, str]:
    """This host's configuration, and the other end's."""
    if name == "asa":
        here, there = configurations("asa.md")
        return here, there
    aws, azure = configurations("cloud.md")
    return (aws, AWS) if name == "aws" else (azure, AZURE)


@pytest.mark.parametrize("name", ["asa", "aws", "azure"])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_configurations_of_a_page_make_a_tunnel(
    name: str, swapped: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first of two files begins."""
    files = []
    for number, text in enumerate(reversed(pair(name)) if swapped else pair(name)):
        files.append(tmp_path / f"{number}.cfg")
        files[-1].write_text(text)
    assert main(["lab", *map(str, files)]) == EXIT_UP, capsys.readouterr().out


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_no_line_of_a_page_s_configurations_is_unknown_or_does_nothing(page: str) -> None:
    found = configurations(page)
    assert found
    for text in found:
        assert read(text, page).problems == ()
