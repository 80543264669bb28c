"""Advice in a vendor's words: algorithms, networks, and what stands for a value that the log does not tell."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network

from mainmode.base.address import Proxy
from mainmode.catalogue.facts import Proxies, Suite, Whose
from mainmode.explain.diagnoses.case import Case

_PLACE = re.compile(r"\{(\w+)\}")

_UNSAID = {
    "peer": "<address of the peer>",
    "own": "<own outside address>",
    "near": "<own network>",
    "far": "<the peer's network>",
    "group": "<connection>",
    "map": "<crypto map>",
    "entry": "<crypto map> <sequence>",
    "interface": "outside",
    "policy": "10",
    "encryption": "<encryption of both>",
    "integrity": "<hash of both>",
    "dh": "<group of both>",
    "esp_encryption": "<encryption of both>",
    "esp_integrity": "<hash of both>",
    "pfs": "<group of both>",
}

_ENCRYPTION: Mapping[str, Mapping[str, str]] = {
    "asa": {
        "DES": "des",
        "3DES": "3des",
        "AES-128": "aes",
        "AES": "aes",
        "AES-192": "aes-192",
        "AES-256": "aes-256",
        "NULL": "null",
    },
    "ios": {
        "DES": "des",
        "3DES": "3des",
        "AES-128": "aes",
        "AES": "aes",
        "AES-192": "aes 192",
        "AES-256": "aes 256",
        "NULL": "null",
    },
    "charon": {
        "DES": "des",
        "3DES": "3des",
        "AES-128": "aes128",
        "AES": "aes128",
        "AES-192": "aes192",
        "AES-256": "aes256",
        "NULL": "null",
    },
}
_INTEGRITY: Mapping[str, Mapping[str, str]] = {
    "asa": {"MD5": "md5", "SHA-1": "sha", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"},
    "ios": {"MD5": "md5", "SHA-1": "sha", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"},
    "charon": {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"},
}
_GROUPS = {
    "1": "modp768",
    "2": "modp1024",
    "5": "modp1536",
    "14": "modp2048",
    "15": "modp3072",
    "16": "modp4096",
    "17": "modp6144",
    "18": "modp8192",
    "19": "ecp256",
    "20": "ecp384",
    "21": "ecp521",
    "24": "modp2048s256",
}
_GCM = re.compile(r"AES-GCM(?:-(128|192|256))?")


def encryption(vendor: str, name: str) -> str:
    """`AES-256` in a vendor's configuration: aes-256, aes 256, aes256; empty for what it has no word for."""
    table = _ENCRYPTION.get("charon" if vendor == "pluto" else vendor, _ENCRYPTION["asa"])
    gcm = _GCM.fullmatch(name)
    if gcm is not None:
        bits = gcm[1] or "128"
        return {"asa": f"aes-gcm-{bits}", "ios": f"gcm {bits}"}.get(vendor, f"aes{bits}gcm16")
    return table.get(name, "")


def integrity(vendor: str, name: str) -> str:
    """`SHA-1` in a vendor's configuration: sha, sha1; empty for what it has no word for."""
    return _INTEGRITY.get("charon" if vendor == "pluto" else vendor, _INTEGRITY["asa"]).get(name, "")


def group(vendor: str, number: str) -> str:
    """`14` in a vendor's configuration: 14, modp2048; empty for what it has no word for."""
    return _GROUPS.get(number, "") if vendor in ("charon", "pluto") else number if number.isdigit() else ""


def network(vendor: str, proxy: Proxy) -> str:
    """A network in a vendor's configuration: `A M`, `A W` with a wildcard mask, or `A/n`; `any` for all of it."""
    mask = proxy.mask
    if mask is None:
        return f"range {proxy.first} {proxy.last}" if vendor == "asa" else f"{proxy.first}-{proxy.last}"
    net = IPv4Network(f"{proxy.first}/{mask}", strict=False)
    if vendor in ("charon", "pluto"):
        return str(net)
    if net.prefixlen == 0:
        return "any"
    if net.prefixlen == 32:
        return f"host {net.network_address}"
    return f"{net.network_address} {net.netmask if vendor == 'asa' else net.hostmask}"


def plainly(proxy: Proxy | None) -> str:
    """A network for people: `192.168.1.0/24`, with protocol and port where they are bound."""
    if proxy is None:
        return "?"
    mask = proxy.mask
    if mask is None:
        text = f"{proxy.first}-{proxy.last}"
    else:
        text = str(IPv4Network(f"{proxy.first}/{mask}", strict=False))
        text = {"0.0.0.0/0": "any (0.0.0.0/0)"}.get(text, text.removesuffix("/32"))
    if proxy.protocol:
        text += f" protocol {proxy.protocol}"
    return f"{text} port {proxy.port}" if proxy.port else text


def proxies(case: Case) -> tuple[Proxies, ...]:
    """The proxy identities that are told, those of a proposal that the peer made first, one for both ends put together.

    Lines that tell one end alone are paired with the next that tells the other.
    """
    whole: list[Proxies] = []
    half: dict[Whose, Proxies] = {}
    for noted in case.all(Proxies):
        fact = noted.fact
        if not isinstance(fact, Proxies):
            continue
        if fact.own is not None and fact.peer is not None:
            whole.append(fact)
            continue
        before = half.get(fact.by)
        if before is not None and (before.own is None) != (fact.own is None):
            whole.append(Proxies(before.own or fact.own, before.peer or fact.peer, fact.by))
            half.pop(fact.by)
        else:
            half[fact.by] = fact
    whole.sort(key=lambda fact: fact.by is not Whose.PEER)
    return tuple(dict.fromkeys((*whole, *half.values())))


def values(case: Case, whose: Whose, vendor: str, more: Mapping[str, str]) -> dict[str, str]:
    """What fills the commands of a side: `peer` is its peer, `near` and `far` its networks and the other's."""
    negotiation, own_side = case.negotiation, whose is Whose.OWN
    found = {
        "peer": negotiation.peer if own_side else negotiation.local,
        "own": negotiation.local if own_side else negotiation.peer,
    }
    if own_side and negotiation.group and vendor in ("charon", "pluto"):
        found["group"] = negotiation.group
    told = proxies(case)
    if told:
        ends = (told[0].own, told[0].peer) if own_side else (told[0].peer, told[0].own)
        found |= {
            place: network(vendor, end) for place, end in zip(("near", "far"), ends, strict=True) if end is not None
        }
    suite = more.get("encryption", ""), more.get("integrity", ""), more.get("dh", "")
    words = {
        "encryption": encryption(vendor, suite[0]),
        "integrity": integrity(vendor, suite[1]),
        "dh": group(vendor, suite[2]),
        "esp_encryption": encryption(vendor, more.get("esp_encryption", "")),
        "esp_integrity": integrity(vendor, more.get("esp_integrity", "")),
        "pfs": group(vendor, more.get("pfs", "")),
    }
    own = {key: text for key, text in more.items() if key not in words and (own_side or key not in ("map", "entry"))}
    return {key: text for key, text in {**found, **own, **words}.items() if text}


def filled(text: str, found: Mapping[str, str]) -> str:
    """A template with its places filled, what is not known in angle brackets."""
    return _PLACE.sub(lambda place: found.get(place[1]) or _UNSAID.get(place[1], f"<{place[1]}>"), text)


def nested(lines: tuple[str, ...]) -> tuple[str, ...]:
    """`a.b.c = v` as a daemon's configuration file has it: sections in braces; other lines stay as they are."""
    rows: list[str] = []
    inside: list[str] = []
    for line in lines:
        path, equals, value = line.partition(" = ")
        parts = path.split(".") if equals and " " not in path.replace("<own ", "<own") else []
        sections = parts[:-1]
        shared = 0
        while shared < min(len(inside), len(sections)) and inside[shared] == sections[shared]:
            shared += 1
        while len(inside) > shared:
            inside.pop()
            rows.append("  " * len(inside) + "}")
        for section in sections[shared:]:
            rows.append("  " * len(inside) + section + " {")
            inside.append(section)
        rows.append(f"{'  ' * len(inside)}{parts[-1]} = {value}" if parts else line)
    while inside:
        inside.pop()
        rows.append("  " * len(inside) + "}")
    return tuple(rows)


_STRENGTH = {
    "encryption": ("DES", "3DES", "AES", "AES-128", "AES-192", "AES-256"),
    "integrity": ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"),
    "dh": ("1", "2", "5", "24", "14", "15", "16", "17", "18", "19", "20", "21"),
}
_PLACES = {"encryption": "encryption", "key length": "encryption", "hash": "integrity", "group": "dh"}


def stronger(attributes: list[tuple[str, str, str]]) -> dict[str, str]:
    """Of each attribute (name, offered, configured) the stronger value, for the places of a template."""
    found = {}
    for name, offered, configured in attributes:
        place = _PLACES.get(name, "")
        order = _STRENGTH.get(place, ())
        known = [value for value in (offered, configured) if value in order]
        if known:
            found[place] = max(known, key=order.index)
    return found


def suite_values(suite: Suite) -> dict[str, str]:
    """The algorithms of a phase 1 proposal for the places of a template."""
    return {"encryption": suite.encryption, "integrity": suite.integrity, "dh": suite.group}
