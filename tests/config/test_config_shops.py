"""Whole configurations in the styles of different shops, `shops/*.cfg`.

Beside each stands `NAME.tunnels`: what its tunnels are, written from the meaning of the configuration, one line for a
crypto map entry and one for each proxy pair.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from ipaddress import summarize_address_range
from pathlib import Path

import pytest

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.device.config import Configuration, Severity, decode, read, running_config
from mainmode.device.settings import ike_settings
from mainmode.ike.settings import AclEntry, IkePolicy, IkeSettings, MapEntry, TransformSet
from mainmode.ipsec.dataplane import Mode

FOLDER = Path(__file__).parent / "shops"
SHOPS = sorted(path.name for path in FOLDER.glob("*.cfg"))
PAIRS = (
    ("provider_hub_91.cfg", "coniston_paste_82.cfg"),
    ("factory_failover_96.cfg", "machines_dual_isp_98.cfg"),
    ("harbour_bank_82.cfg", "antwerp_branch_91.cfg"),
    ("hospital_remarks_92.cfg", "bloodlab_83.cfg"),
)
"""Both ends of a tunnel, each in the style of its own shop."""

MEANT = {
    **{
        f"coniston_paste_82.cfg:{line}": "a terminal's session has more in it than a configuration"
        for line in (1, 3, 4, 6, 8, 231, 232, 240, 247)
    },
}
"""The lines which are to stay unread: `file:line`, and why."""

IKEV2 = "IKEv2 is not built"
NOT_BUILT = {
    "cloud_asav_916.cfg:51": "an address is not asked for by DHCP",
    "cloud_asav_916.cfg:57": "tunnel interfaces are not built",
    "cloud_asav_916.cfg:305": IKEV2,
    "cloud_asav_916.cfg:370": "packets that hide how much traffic flows",
    "cloud_asav_916.cfg:380": "ICMP errors out of a tunnel are not validated",
    "enterprise_98.cfg:828": "rules for users, security groups and network services are not built",
    "enterprise_98.cfg:1229": "routes to Null0 are not built",
    "enterprise_98.cfg:1324": IKEV2,
    "enterprise_98.cfg:1389": "aggressive mode is not spoken",
    "enterprise_98.cfg:1630": "policy 30 is not offered, only pre-shared keys are spoken",
    "enterprise_98.cfg:1771": "external group-policies are not built",
    "enterprise_98.cfg:1807": "certificates are not built",
    "ftd_run_all_64.cfg:190": "rules of an access policy (FTD) are not built",
    "ftd_run_all_64.cfg:516": IKEV2,
    "hospital_remarks_92.cfg:420": "SAs for each host are not built",
    "retail_spoke_84.cfg:51": "an address is not asked for by DHCP",
    "school_district_83.cfg:223": "aggressive mode is not spoken",
}
"""The warnings, each at the first line of what it is about; those of hidden keys stand beside each key."""

CIPHERS = {
    EspTransform.DES: "des",
    EspTransform.TRIPLE_DES: "3des",
    EspTransform.AES_CBC: "aes",
    EspTransform.NULL: "null",
}
MACS = {EspAuthentication.HMAC_MD5: "md5", EspAuthentication.HMAC_SHA1: "sha"}
PROTOCOLS = {0: "", 1: "icmp ", 6: "tcp ", 17: "udp "}


@cache
def shop(name: str) -> Configuration:
    return read(decode((FOLDER / name).read_bytes()), name)


def transform(one: TransformSet) -> str:
    bits = f"-{one.key_bits}" if one.key_bits > 128 else ""
    return f"{CIPHERS[one.encryption]}{bits}/{MACS[one.authentication]}{'(transport)' * (one.mode is Mode.TRANSPORT)}"


def side(proxy: Proxy) -> str:
    networks = list(summarize_address_range(proxy.first, proxy.last))
    text = str(networks[0]).removesuffix("/32") if len(networks) == 1 else f"{proxy.first}-{proxy.last}"
    return f"{text}:{proxy.port}" if proxy.port else text


def pair(entry: AclEntry) -> str:
    local, remote = entry.proxies.local, entry.proxies.remote
    return f"  {'not ' * (not entry.permit)}{PROTOCOLS[local.protocol]}{side(local)} > {side(remote)}"


def tunnel(entry: MapEntry) -> str:
    peers = " ".join(map(str, entry.peers)) or "any"
    sets = " ".join(map(transform, entry.transform_sets))
    pfs = f"pfs group {int(entry.pfs)}" if entry.pfs is not None else "no pfs"
    kilobytes = f"{entry.lifetime_kilobytes} kB" if entry.lifetime_kilobytes is not None else "no kB limit"
    name = f"{entry.map_name} {entry.sequence}"
    place = f"{entry.behind[0]} {entry.behind[1]} ({name})" if entry.behind is not None else name
    return f"{place} on {entry.interface}: peers {peers}; sets {sets}; {pfs}; {entry.lifetime_seconds} s, {kilobytes}"


def tunnels(settings: IkeSettings) -> Iterator[str]:
    for entry in settings.entries:
        yield tunnel(entry)
        yield from map(pair, entry.acl or ())


@pytest.mark.parametrize("name", SHOPS)
def test_a_shop_is_read_without_complaint(name: str) -> None:
    found = [one for one in shop(name).problems if one.severity is not Severity.WARNING]
    meant = [place for place in MEANT if place.startswith(f"{name}:")]
    assert [str(one) for one in found if f"{one.file}:{one.line}" not in MEANT] == []
    assert sorted({f"{one.file}:{one.line}" for one in found}) == sorted(meant)


@pytest.mark.parametrize("name", SHOPS)
def test_a_shop_is_warned_of_what_is_not_built_and_of_nothing_else(name: str) -> None:
    warnings = [one for one in shop(name).problems if one.severity is Severity.WARNING]
    found = {f"{one.file}:{one.line}": one.wording for one in warnings if "pre-shared-key" not in one.text}
    meant = {place: wording for place, wording in NOT_BUILT.items() if place.startswith(f"{name}:")}
    assert found.keys() == meant.keys()
    assert [wording for place, wording in meant.items() if wording not in found[place]] == []


@pytest.mark.parametrize("name", SHOPS)
def test_a_key_that_a_shop_hides_is_told_and_no_other(name: str) -> None:
    text = decode((FOLDER / name).read_bytes())
    below = r"^tunnel-group (\S+) ipsec-attributes\r?\n(?: .*\r?\n)*? (?:ikev1 )?pre-shared-key \*"
    l2l = set(re.findall(r"^tunnel-group (\S+) type ipsec-l2l", text, re.M)) | {"DefaultL2LGroup"}
    hidden = set(re.findall(below, text, re.M)) & l2l
    told = [one.wording for one in shop(name).problems if "masked in this file" in one.wording]
    assert {group.name for group in shop(name).tunnel_groups.values() if group.is_l2l and group.key_hidden} == hidden
    assert len(told) == bool(hidden)
    assert all(f"the keys of {len(hidden)} tunnel-groups are" in one or len(hidden) == 1 for one in told)


@pytest.mark.parametrize("name", SHOPS)
def test_a_shop_written_and_read_again_is_the_same(name: str) -> None:
    first = shop(name)
    written = running_config(first, reveal_keys=True)
    second = read(written, "again.cfg")
    assert [str(one) for one in second.problems if one.severity is not Severity.WARNING] == []
    assert second == first
    assert running_config(second, reveal_keys=True) == written


@pytest.mark.parametrize("name", SHOPS)
def test_a_shop_has_the_tunnels_that_it_means(name: str) -> None:
    meant = (FOLDER / name).with_suffix(".tunnels").read_text().splitlines()
    assert list(tunnels(ike_settings(shop(name)))) == meant


def offers(policy: IkePolicy) -> tuple[object, ...]:
    return policy.encryption, policy.key_bits, policy.hash, policy.group


def facing(left: IkeSettings, right: IkeSettings) -> Iterator[tuple[MapEntry, MapEntry]]:
    for one in left.entries:
        for other in right.entries:
            if left.addresses[one.interface] in other.peers and right.addresses[other.interface] in one.peers:
                yield one, other


def permitted(entry: MapEntry) -> set[ProxyPair]:
    return {one.proxies for one in entry.acl or () if one.permit}


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_the_ends_of_a_pair_fit(left: str, right: str) -> None:
    one, other = ike_settings(shop(left)), ike_settings(shop(right))
    (mine, theirs) = next(facing(one, other))
    assert permitted(mine) == {proxies.mirrored() for proxies in permitted(theirs)} != set()
    assert set(map(transform, mine.transform_sets)) & set(map(transform, theirs.transform_sets))
    assert mine.pfs == theirs.pfs
    assert set(map(offers, one.policies)) & set(map(offers, other.policies))
    my_group = one.group_for(other.addresses[theirs.interface])
    their_group = other.group_for(one.addresses[mine.interface])
    assert my_group is not None
    assert their_group is not None
    assert my_group.key == their_group.key is not None


def _names(suffix: str) -> Iterable[str]:
    return sorted(path.stem for path in FOLDER.glob(f"*.{suffix}"))


def test_each_shop_says_what_its_tunnels_are() -> None:
    assert _names("cfg") == _names("tunnels")


@pytest.mark.parametrize("name", SHOPS)
def test_no_key_of_a_shop_is_ever_shown(name: str) -> None:
    text = decode((FOLDER / name).read_bytes())
    keys = {key for key in re.findall(r"^ (?:ikev1 )?pre-shared-key (\S+)", text, re.M) if "*" not in key}
    hashes = set(re.findall(r"(?:password|passwd) (\S+) (?:encrypted|pbkdf2)", text)) - {"*****"}
    configuration = shop(name)
    for shown in ("\n".join(configuration.lines), repr(configuration), running_config(configuration)):
        assert [key for key in keys | hashes if key in shown] == []
