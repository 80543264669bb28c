"""`show crypto isakmp sa` and `show crypto ikev1 sa`, with `detail`.

The 8.4+ layout has a first line for IKEv1 and a last one for IKEv2 (public outputs of 8.4 and 9.x); 8.2/8.3
has neither. `show crypto ikev1 sa detail` is a table, as the command reference prints it (ntc-templates fixture
`show_crypto_ikev1_sa_detail`). The rows that `show crypto isakmp sa detail` adds, and the text for no SA at all in
8.2, are recalled from the field.
"""

from mainmode.base.codes import Authentication1, Encryption1, Hash1
from mainmode.base.instant import Instant, between, whole_seconds
from mainmode.device.config.model import Release
from mainmode.device.show.layout import Layout, fill, text
from mainmode.device.show.standing import Standing
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
_TABLE: Layout = (
    "IKE Peer      Type  Dir   Rky  State      Encrypt Hash  Auth    Lifetime",
    "{index} {peer} {type:<5} {role:<5} {rekey:<4} {state:<10} {cipher:<7} {hash:<5} {proof:<7} {seconds}",
)
_CLOSING: dict[Release, Layout] = {Release.OLD: (), Release.NEW: ("", "There are no IKEv2 SAs")}
_NONE: dict[Release, Layout] = {
    Release.OLD: ("", "There are no isakmp sas"),
    Release.NEW: ("", "There are no IKEv1 SAs", "", "There are no IKEv2 SAs"),
}

_ENCRYPTION = {Encryption1.DES_CBC: "des", Encryption1.TRIPLE_DES_CBC: "3des", Encryption1.AES_CBC: "aes"}
_HASH = {
    Hash1.MD5: "MD5",
    Hash1.SHA1: "SHA",
    Hash1.SHA2_256: "SHA256",
    Hash1.SHA2_384: "SHA384",
    Hash1.SHA2_512: "SHA512",
}
_AUTHENTICATION = {Authentication1.PRE_SHARED_KEY: "preshared", Authentication1.RSA_SIGNATURE: "rsa"}


def isakmp_sa(standing: Standing, *, detail: bool = False) -> str:
    """The whole output; with `detail` what each SA was negotiated with."""
    sas, release = standing.ike, standing.release
    if not sas:
        return text(_NONE[release])
    rekeying = sum(sa.rekey for sa in sas)
    counts = {"active": len(sas) - rekeying, "rekey": rekeying, "total": len(sas)}
    lines = [*_OPENING[release], *fill(_COUNTS, counts)]
    for sa in sas:
        lines += _peer(sa, standing, detail)
    return text([*lines, *_CLOSING[release]])


def ikev1_sa_table(standing: Standing) -> str:
    """`show crypto ikev1 sa detail`: a row for each SA, each below the heading. AES is one word here (inferred)."""
    if not standing.ike:
        return text(_NONE[standing.release])
    lines: list[str] = []
    for sa in standing.ike:
        values = {
            "index": sa.index,
            "peer": sa.peer,
            "type": "L2L" if sa.landed else "User",
            "role": "Init" if sa.role is Role.INITIATOR else "Resp",
            "rekey": "Yes" if sa.rekey else "No",
            "state": sa.state,
            **_negotiated(sa),
        }
        lines += fill(_TABLE, values)
    return text(lines)


def _peer(sa: IkeSaView, standing: Standing, detail: bool) -> list[str]:
    values = {
        "index": sa.index,
        "peer": standing.shown(sa.peer),
        "type": "L2L" if sa.landed else "user",
        "role": "initiator" if sa.role is Role.INITIATOR else "responder",
        "rekey": "yes" if sa.rekey else "no",
        "state": sa.state,
    }
    lines = fill(_PEER, values)
    if detail and sa.encryption is not None:
        lines += fill(_DETAIL, _negotiated(sa))
        if sa.established is not None and sa.lifetime is not None:
            lines += fill(_REMAINING, {"remaining": _remaining(sa.established, sa.lifetime, standing.now)})
    return lines


def _remaining(established: Instant, lifetime: int, now: Instant) -> int:
    return max(0, lifetime - whole_seconds(between(established, now)))


def _negotiated(sa: IkeSaView) -> dict[str, object]:
    cipher = _ENCRYPTION.get(Encryption1(sa.encryption or 0), "unknown")
    authentication = _AUTHENTICATION.get(Authentication1(sa.authentication or 0), "unknown")
    return {
        "encryption": f"{cipher}-{sa.key_bits}" if sa.key_bits not in (0, 128) else cipher,
        "cipher": f"{cipher}{sa.key_bits}" if sa.key_bits not in (0, 128) else cipher,
        "hash": _HASH.get(Hash1(sa.hash or 0), "unknown"),
        "authentication": authentication,
        "proof": "preshrd" if authentication == "preshared" else authentication,
        "lifetime": sa.lifetime if sa.lifetime is not None else "none",
        "seconds": sa.lifetime or 0,
    }
