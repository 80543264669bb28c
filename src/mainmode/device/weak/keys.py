"""Pre-shared keys that are found by trying: too short, or made of what an attacker tries first.

Whoever answers in the peer's place gets what it takes to try keys at home (CVE-2018-5389): main mode does not hide the
key from an active attacker. docs/security/pre_shared_keys.md tells how, and what a good key is. Neither a key nor its
length is ever told; of one that the file hides nothing is known.
"""

from collections.abc import Iterator
from itertools import chain

from mainmode.base.secret import Secret
from mainmode.device.config.model import Configuration, TunnelGroup

SHORTEST = 14
"""Characters. As many random letters and digits hold 83 bits, and are out of reach; words hold far less. Ours."""

FEWEST_DIFFERENT = 6
"""Different characters; none with fewer is random."""

_COMMON = """
cisco cisco123 ciscocisco password passw0rd pass passwd secret supersecret topsecret changeme changethis default
admin administrator root test test123 testing tester example sample demo lab vpn vpnkey vpnpass vpnpassword
vpnsecret vpntest myvpn ipsec ipseckey ike ikekey l2l site2site sitetosite s2s tunnel tunnelkey tunnel1 psk
presharedkey preshared presharedsecret mypsk mypresharedkey sharedkey sharedsecret shared key key123 mykey firewall
router network internet company office letmein welcome qwerty qwertyuiop asdfgh asdfghjkl abc123 abcdef abcdefgh
123456 12345678 1234567890 0123456789 strongpassword strongkey verysecret verystrongkey iloveyou monkey dragon
master pixfirewall asa asa5505 asa5510 netscreen sonicwall juniper fortinet checkpoint strongswan openswan libreswan
mainmode
"""
COMMON = frozenset(_COMMON.split())
"""What a trier begins with. Compared without case, without punctuation and without digits at the end."""


def why_weak(key: Secret, configuration: Configuration, group: TunnelGroup) -> str:
    """In which way a key is weak, as the end of a sentence that begins with it; empty where no way is found."""
    text = key.reveal().decode("utf-8", "replace").lower()
    bare, own = _bare(text), _bare(group.name)
    if own and bare in (own, own[::-1]):
        return "is the name of its tunnel-group"
    what = configuration.derived(_named).get(bare)
    if what is not None:
        return f"is {what}"
    if not bare or bare in COMMON or bare.rstrip("0123456789") in COMMON:
        return "is one of those that are tried first"
    if len(text) < SHORTEST:
        return f"is shorter than {SHORTEST} characters"
    if len(set(text)) < FEWEST_DIFFERENT:
        return f"has fewer than {FEWEST_DIFFERENT} different characters"
    if _repeats(text):
        return "is one piece again and again"
    return "is a row of neighbours" if _runs(text) else ""


def _bare(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _named(configuration: Configuration) -> dict[str, str]:
    """What each name of the file is the name of, by its letters and digits, forwards and backwards."""
    found: dict[str, str] = {}
    for what, name in _names(configuration):
        bare = _bare(name)
        if bare:
            found.setdefault(bare, what)
            found.setdefault(bare[::-1], what)
    return found


def _names(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """What stands in the file, and so is no secret."""
    yield "the hostname", configuration.settings.hostname.value
    for interface in configuration.interfaces:
        if interface.address is not None:
            yield "an address of the device", str(interface.address.value.address)
        if interface.nameif is not None:
            yield "the name of an interface", interface.nameif.value
    names = (
        configuration.crypto_maps, configuration.dynamic_maps, configuration.transform_sets, configuration.access_lists,
        configuration.group_policies, configuration.objects, configuration.groups, configuration.tunnel_groups,
    )  # fmt: skip
    for name in chain.from_iterable(names):
        yield "a name of the configuration", name


def _repeats(text: str) -> bool:
    """Whether it is a shorter piece, twice or more."""
    return text in (text + text)[1:-1]


def _runs(text: str) -> bool:
    """Whether most of its characters are neighbours in the alphabet, among digits or on a keyboard."""
    rows = "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb"
    pairs = {row[at : at + 2] for row in rows for at in range(len(row) - 1)}
    pairs |= {pair[::-1] for pair in pairs}
    steps = [text[at : at + 2] in pairs for at in range(len(text) - 1)]
    return bool(steps) and sum(steps) >= 0.75 * len(steps)
