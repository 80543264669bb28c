"""`show crypto isakmp sa` and `show crypto ikev1 sa`, with `detail`.

The 8.4+ layout has a first line for IKEv1 and a last one for IKEv2 (public outputs of 8.4 and 9.x); 8.2/8.3
has neither. The rows that `detail` adds, and the text for no SA at all in 8.2, are recalled from the field.
"""

from collections.abc import Iterable, Sequence

from mainmode.base.codes import Authentication1, Encryption1, Hash1
from mainmode.base.instant import Instant, between, whole_seconds
from mainmode.device.config.model import Release
from mainmode.device.show.layout import Layout, fill
from mainmode.ike.effects import Role
from mainmode.ike.engine import IkeSaView

_OPENING: dict[Release, Layout] = {Release.OLD: ("",), Release.NEW: ("IKEv1 SAs:", "")}
_COUNTS: Layout = (
    "   Active SA: {active}",
    "    Rekey SA: {rekey} (A tunnel will report 1 Active and 1 Rekey SA during rekey)",
    "Total IKE SA: {total}",
)
_PEER: Layout = (
    "",
    "{index:<4}IKE Peer: {peer}",
    "    Type    : {type:<16}Role    : {role} ",
    "    Rekey   : {rekey:<16}State   : {state} ",
)
_DETAIL: Layout = (
    "    Encrypt : {encryption:<16}Hash    : {hash:<10}",
    "    Auth    : {authentication:<16}Lifetime: {lifetime}",
)
_REMAINING: Layout = ("    Lifetime Remaining: {remaining}",)
_CLOSING: dict[Release, Layout] = {Release.OLD: (), Release.NEW: ("", "There are no IKEv2 SAs")}
_NONE: dict[Release, Layout] = {
    Release.OLD: ("", "There are no isakmp sas"),
    Release.NEW: ("", "There are no IKEv1 SAs", "", "There are no IKEv2 SAs"),
}

_ENCRYPTION = {Encryption1.DES_CBC: "des", Encryption1.TRIPLE_DES_CBC: "3des", Encryption1.AES_CBC: "aes"}
_HASH = {Hash1.MD5: "MD5", Hash1.SHA1: "SHA", Hash1.SHA2_256: "SHA256"}
_AUTHENTICATION = {Authentication1.PRE_SHARED_KEY: "preshared", Authentication1.RSA_SIGNATURE: "rsa"}


def isakmp_sa(sas: Sequence[IkeSaView], release: Release, now: Instant, *, detail: bool = False) -> str:
    """The whole output."""
    if not sas:
        return _text(fill(_NONE[release], {}))
    rekeying = sum(sa.rekey for sa in sas)
    counts = {"active": len(sas) - rekeying, "rekey": rekeying, "total": len(sas)}
    lines = [*_OPENING[release], *fill(_COUNTS, counts)]
    for sa in sas:
        lines += _peer(sa, now, detail)
    return _text([*lines, *_CLOSING[release]])


def _peer(sa: IkeSaView, now: Instant, detail: bool) -> list[str]:
    values = {
        "index": sa.index,
        "peer": sa.peer,
        "type": "L2L" if sa.landed else "user",
        "role": "initiator" if sa.role is Role.INITIATOR else "responder",
        "rekey": "yes" if sa.rekey else "no",
        "state": sa.state,
    }
    lines = fill(_PEER, values)
    if detail and sa.encryption is not None:
        lines += fill(_DETAIL, _negotiated(sa))
        if sa.established is not None and sa.lifetime is not None:
            spent = whole_seconds(between(sa.established, now))
            lines += fill(_REMAINING, {"remaining": max(0, sa.lifetime - spent)})
    return lines


def _negotiated(sa: IkeSaView) -> dict[str, object]:
    cipher = _ENCRYPTION.get(Encryption1(sa.encryption or 0), "unknown")
    return {
        "encryption": f"{cipher}-{sa.key_bits}" if sa.key_bits not in (0, 128) else cipher,
        "hash": _HASH.get(Hash1(sa.hash or 0), "unknown"),
        "authentication": _AUTHENTICATION.get(Authentication1(sa.authentication or 0), "unknown"),
        "lifetime": sa.lifetime if sa.lifetime is not None else "none",
    }


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
