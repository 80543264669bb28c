"""IOS: syslogs `%CRYPTO-n-NAME` and those of its neighbours that speak of tunnels.

A template begins with the name. A line whose wording differs is read by its name alone, `{more}`.
"""

from mainmode.catalogue.dialects.ios_parts import (
    ADDRESS,
    NUMBER,
    PHRASE,
    SPI,
    WORD,
    recalled,
    shown,
)
from mainmode.catalogue.entry import Facts, Kind
from mainmode.catalogue.facts import (
    Down,
    Exchange,
    Message,
    Phase,
    Refused,
    Symptom,
    Told,
    Up,
    Way,
    Why,
)
from mainmode.catalogue.phrasebook import Values

_END = Kind("address and port", r"[0-9A-Za-z.<>][0-9A-Za-z.: <>_-]{0,62}", lambda text: _end(text), str, ())


def _end(text: str) -> str:
    """`10.0.0.2:500` → `10.0.0.2`."""
    text = text.strip()
    if text.startswith("<"):
        return ""
    return text.partition(":")[0] if text.count(":") == 1 else text


def _mode(values: Values) -> Facts:
    phase = Phase.TWO if "quick" in str(values.get("mode", "")).lower() else Phase.ONE
    mode = str(values.get("mode", ""))
    if mode.lower().startswith("info"):
        return (Told(Symptom.NOT_PROTECTED, Phase.ONE, "Informational mode"),)
    return (Told(Symptom.CATCH_ALL, phase, f"{mode} mode".strip()),)


def _session(values: Values) -> Facts:
    words = str(values.get("state", values.get("more", ""))).upper()
    if "DOWN" in words:
        return (Down(None, Why.UNSAID),)
    return (Up(Phase.TWO),) if "UP" in words else ()


def _spi(values: Values) -> Facts:
    return (Told(Symptom.UNKNOWN_SPI, Phase.TWO, values.get("spi", "")),)


def _clear(values: Values) -> Facts:
    protocol = values.get("protocol")
    return (Told(Symptom.CLEAR_TEXT, Phase.TWO, "" if protocol is None else f"protocol {protocol}"),)


def _identity(values: Values) -> Facts:
    certificate, identity = str(values.get("certificate", "")).strip(" *"), values.get("identity")
    detail = f"{identity}, its certificate says {certificate or 'nothing of the kind'}" if identity else ""
    return (Told(Symptom.IDENTITY_MISMATCH, Phase.ONE, detail),)


_INVALID_SPI = "rec'd IPSEC packet has invalid spi for destaddr={own}, prot={protocol}, spi={spi}, srcaddr={peer}"
_NOT_IPSEC = "RECVD_PKT_NOT_IPSEC: Rec'd packet not an IPSEC packet. (ip)"


def _on_off(values: Values) -> Facts:
    return (Told(Symptom.IKE_NOT_ENABLED),) if "OFF" in str(values.get("more", "")).upper() else ()


IKE = (
    shown(
        "IKMP_MODE_FAILURE",
        "IKMP_MODE_FAILURE: Processing of {mode} mode failed with peer at {peer}",
        "IKMP_MODE_FAILURE: Processing of {mode} Mode failed with peer at {peer}",
        "IKMP_MODE_FAILURE: Processing of {mode} Mode failed with peer {peer}",
        "IKMP_MODE_FAILURE: Processing of {mode} mode failed with peer {peer}",
        "IKMP_MODE_FAILURE: {more}",
        tells=_mode,
        mode=WORD,
        peer=ADDRESS,
        more=PHRASE,
    ),
    shown(
        "IKMP_BAD_MESSAGE",
        "IKMP_BAD_MESSAGE: IKE message from {peer} failed its sanity check or is malformed",
        "IKMP_BAD_MESSAGE: {more}",
        tells=Told(Symptom.KEY_WRONG, Phase.ONE),
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "IKMP_CRYPT_FAILURE",
        "IKMP_CRYPT_FAILURE: IKE (connection id {number}) unable to {more}",
        "IKMP_CRYPT_FAILURE: {more}",
        tells=Told(Symptom.KEY_WRONG, Phase.ONE),
        number=NUMBER,
        more=PHRASE,
    ),
    shown(
        "IKMP_NO_SA",
        "IKMP_NO_SA: IKE message from {peer} has no SA and is not an initialization offer",
        "IKMP_NO_SA: {more}",
        tells=Told(Symptom.NO_SA, Phase.ONE),
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "IKMP_NO_PRESHARED_KEY",
        "IKMP_NO_PRESHARED_KEY: Pre-shared key for remote peer at {peer} is missing",
        "IKMP_NO_PRESHARED_KEY: {more}",
        "IKMP_NO_KEY: {more}",
        tells=Told(Symptom.KEY_MISSING, Phase.ONE),
        peer=ADDRESS,
        more=PHRASE,
    ),
    shown(
        "IKMP_NO_ID_CERT",
        "IKMP_NO_ID_CERT_ADDR_MATCH: ID of {identity} (type {type}) and certificate addr with {certificate}",
        "IKMP_NO_ID_CERT_FQDN_MATCH: ID of {identity} (type {type}) and certificate fqdn with {certificate}",
        "IKMP_NO_ID_CERT_USER_FQDN_MATCH: ID of {identity} (type {type}) and certificate user fqdn with {certificate}",
        "IKMP_NO_ID_CERT_DN_MATCH: ID of {identity} (type {type}) and certificate DN with {certificate}",
        "IKMP_NO_ID_CERT_ADDR_MATCH: {more}",
        "IKMP_NO_ID_CERT_FQDN_MATCH: {more}",
        "IKMP_NO_ID_CERT_USER_FQDN_MATCH: {more}",
        "IKMP_NO_ID_CERT_DN_MATCH: {more}",
        tells=_identity,
        identity=WORD,
        type=NUMBER,
        certificate=PHRASE,
        more=PHRASE,
    ),
    shown(
        "IKMP_AG_MODE_DISABLED",
        "IKMP_AG_MODE_DISABLED: {more}",
        tells=Told(Symptom.AGGRESSIVE_REFUSED, Phase.ONE),
        more=PHRASE,
    ),
    recalled(
        "IKMP_NOT_ENCRYPTED",
        "IKMP_NOT_ENCRYPTED: IKE packet from {peer} was not encrypted and it should've been",
        "IKMP_NOT_ENCRYPTED: {more}",
        tells=Told(Symptom.NOT_PROTECTED),
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "IKMP_UNK_EXCHANGE",
        "IKMP_UNK_EXCHANGE: IKE peer at {peer} sent a message with unknown exchange {number}",
        "IKMP_UNK_EXCHANGE: {more}",
        tells=Told(Symptom.IKE_VERSION),
        peer=ADDRESS,
        number=NUMBER,
        more=PHRASE,
    ),
    recalled(
        "IKMP_SA_NOT_AUTH",
        "IKMP_SA_NOT_AUTH: Cannot accept Quick Mode exchange from {peer} if SA is not authenticated",
        "IKMP_SA_NOT_AUTH: {more}",
        tells=Told(Symptom.UNEXPECTED),
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "IKMP_SA_NOT_OFFERED",
        "IKMP_SA_NOT_OFFERED: Remote peer {peer} responded with attribute {attribute} not offered or changed",
        "IKMP_SA_NOT_OFFERED: {more}",
        tells=lambda values: (Refused(Phase.ONE, attribute=values.get("attribute", "")),),
        peer=ADDRESS,
        attribute=PHRASE,
        more=PHRASE,
    ),
    recalled(
        "IKMP_AUTH_FAIL",
        "IKMP_AUTH_FAIL: {more}",
        "IKMP_AUTH_FAILURE: {more}",
        tells=Told(Symptom.CATCH_ALL, Phase.ONE),
        more=PHRASE,
    ),
    recalled("IKMP_POLICY_DEFAULT", "IKMP_POLICY_DEFAULT: {more}", more=PHRASE),
    recalled(
        "SETUP_FAILURE",
        "IKMP_SETUP_FAILURE: IKE SETUP FAILED for local:{own} local_id:{ident} remote:{peer} remote_id:{more}",
        "IKMP_SETUP_FAILURE: {more}",
        tells=Told(Symptom.CATCH_ALL, Phase.ONE),
        own=ADDRESS,
        ident=WORD,
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "IPSEC_SETUP_FAILURE",
        "IPSEC_SETUP_FAILURE: IPSEC SETUP FAILED for local:{own} local_id:{ident} remote:{peer} remote_id:{more}",
        "IPSEC_SETUP_FAILURE: {more}",
        tells=Told(Symptom.CATCH_ALL, Phase.TWO),
        own=ADDRESS,
        ident=WORD,
        peer=ADDRESS,
        more=PHRASE,
    ),
    shown("ISAKMP_ON_OFF", "ISAKMP_ON_OFF: ISAKMP is {more}", "ISAKMP_ON_OFF: {more}", tells=_on_off, more=PHRASE),
    recalled(
        "ISAKMP_MANUAL_DELETE",
        "ISAKMP_MANUAL_DELETE: {more}",
        tells=Down(Phase.ONE, Why.ADMIN),
        more=PHRASE,
    ),
    recalled(
        "limit",
        "IKE_DENY_SA_REQ: {more}",
        "IKMP_DENY: {more}",
        "IKE_SA_LIMIT: {more}",
        "TUNNEL_LIMIT: {more}",
        "TX_BW_LIMIT: {more}",
        "RX_BW_LIMIT: {more}",
        "MAX_SA: {more}",
        tells=Told(Symptom.LIMIT),
        more=PHRASE,
    ),
)

TRAFFIC = (
    shown(
        "RECVD_PKT_INV_SPI",
        f"RECVD_PKT_INV_SPI: decaps: {_INVALID_SPI}, input interface={{more}}",
        f"RECVD_PKT_INV_SPI: decaps: {_INVALID_SPI}",
        f"RECVD_PKT_INV_SPI: decaps {_INVALID_SPI}",
        "RECVD_PKT_INV_SPI: {more}",
        tells=_spi,
        own=ADDRESS,
        protocol=NUMBER,
        spi=SPI,
        peer=ADDRESS,
        more=PHRASE,
    ),
    shown(
        "RECVD_PKT_NOT_IPSEC",
        f"{_NOT_IPSEC} vrf/dest_addr= {{vrf}}/{{own}}, src_addr= {{peer}}, prot= {{protocol}}",
        f"{_NOT_IPSEC} vrf/dest_addr= /{{own}}, src_addr= {{peer}}, prot= {{protocol}}",
        f"{_NOT_IPSEC} dest_addr= {{own}}, src_addr= {{peer}}, prot= {{protocol}}",
        "RECVD_PKT_NOT_IPSEC: {more}",
        tells=_clear,
        vrf=WORD,
        own=ADDRESS,
        protocol=NUMBER,
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "RECVD_PKT_MAC_ERR",
        "RECVD_PKT_MAC_ERR: decrypt: mac verify failed for connection id={number} local={own} remote={peer} {more}",
        "RECVD_PKT_MAC_ERR: decrypt: mac verify failed for connection id={number}",
        "RECVD_PKT_MAC_ERR: {more}",
        tells=Told(Symptom.INTEGRITY, Phase.TWO),
        number=NUMBER,
        own=ADDRESS,
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "HMAC_ERROR",
        "HMAC_ERROR: IPSec SA receives HMAC error, DP Handle {number}, src_addr {peer}, dest_addr {own}, SPI {spi}",
        "HMAC_ERROR: {more}",
        tells=Told(Symptom.INTEGRITY, Phase.TWO),
        number=NUMBER,
        own=ADDRESS,
        peer=ADDRESS,
        spi=SPI,
        more=PHRASE,
    ),
    shown(
        "PKT_REPLAY_ERR",
        "PKT_REPLAY_ERR: decrypt: replay check failed connection id={number}, sequence number={sequence}",
        "PKT_REPLAY_ERR: decrypt: replay check failed",
        "PKT_REPLAY_ERR: {more}",
        tells=Told(Symptom.REPLAY, Phase.TWO),
        number=NUMBER,
        sequence=NUMBER,
        more=PHRASE,
    ),
    recalled(
        "REPLAY_ERROR",
        "REPLAY_ERROR: IPSec SA receives anti-replay error, DP Handle {number}, "
        "src_addr {peer}, dest_addr {own}, SPI {spi}",
        "REPLAY_ERROR: {more}",
        tells=Told(Symptom.REPLAY, Phase.TWO),
        number=NUMBER,
        own=ADDRESS,
        peer=ADDRESS,
        spi=SPI,
        more=PHRASE,
    ),
    recalled(
        "RECVD_PKT_INV_IDENTITY",
        "RECVD_PKT_INV_IDENTITY: {more}",
        "RECVD_PKT_INV_IDENTITY_ACL: {more}",
        tells=Told(Symptom.INNER_MISMATCH, Phase.TWO),
        more=PHRASE,
    ),
    recalled(
        "packet malformed",
        "IKMP_PKT_OVERFLOW: {more}",
        "IKMP_HASH_SIZE_EXCEEDED: {more}",
        "RECVD_PKT_INV_PROT: {more}",
        "RECVD_PKT_MSG_LEN_ERR: {more}",
        "RECVD_PKT_FAILURE: {more}",
        tells=Told(Symptom.MALFORMED, Phase.TWO),
        more=PHRASE,
    ),
)

SESSIONS = (
    shown(
        "SESSION_STATUS",
        "SESSION_STATUS: Crypto tunnel is {state} . Peer {peer} Id: {more}",
        "SESSION_STATUS: Crypto tunnel is {state}. Peer {peer} Id: {more}",
        "SESSION_STATUS: Crypto tunnel is {state} . Peer {peer}",
        "SESSION_STATUS: Crypto tunnel is {state}. Peer {peer}",
        "SESSION_STATUS: ({role}) Crypto tunnel is {state} . Peer {peer} Id: {more}",
        "SESSION_STATUS: {more}",
        tells=_session,
        state=Kind("up or down", "UP|DOWN", str, str, ()),
        peer=_END,
        role=WORD,
        more=PHRASE,
    ),
    recalled(
        "IKEV2_SESSION_STATUS",
        "IKEV2_SESSION_STATUS: Crypto tunnel v2 is {state}. Peer {peer} Id: {more}",
        "IKEV2_SESSION_STATUS: Crypto tunnel v2 is {state}. Peer {peer}",
        "IKEV2_SESSION_STATUS: {more}",
        tells=lambda values: (*_session(values), Message(Way.RECEIVED, Exchange.IKEV2)),
        state=Kind("up or down", "UP|DOWN", str, str, ()),
        peer=_END,
        more=PHRASE,
    ),
    shown(
        "EZVPN_CONNECTION_UP",
        "EZVPN_CONNECTION_UP: {more}",
        "VPN_TUNNEL_STATUS: {more}",
        tells=Up(Phase.TWO),
        more=PHRASE,
    ),
    recalled("EZVPN_CONNECTION_DOWN", "EZVPN_CONNECTION_DOWN: {more}", tells=Down(None, Why.UNSAID), more=PHRASE),
    recalled(
        "recursive routing",
        "RECURDOWN: {more}",
        tells=Told(Symptom.ROUTING),
        more=PHRASE,
    ),
    recalled(
        "certificate",
        "IKMP_INVAL_CERT: Certificate received from {peer} is bad: {more}",
        "IKMP_INVAL_CERT: {more}",
        "CERTIFICATE_INVALID: {more}",
        "CERTIFICATE_INVALID_EXPIRED: {more}",
        "CERTIFICATE_INVALID_NOT_YET_VALID: {more}",
        "CERTIFICATE_INVALID_UNAUTHORIZED: {more}",
        "CERTIFICATE_REVOKED: {more}",
        "CRL_FETCH_FAIL: {more}",
        "CRL_FETCHFAIL: {more}",
        "CRL_INSERT_FAIL: {more}",
        "IKMP_SIG_FAILURE: {more}",
        "NOAUTOROOT: {more}",
        "VALIDATE_FAIL: {more}",
        tells=Told(Symptom.CERTIFICATE, Phase.ONE),
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "IKEv2",
        "NEG_ABORT: Negotiation aborted due to ERROR: {more}",
        "NEG_ABORT: {more}",
        tells=Told(Symptom.CATCH_ALL),
        more=PHRASE,
    ),
    recalled("another of the kind", "{name}: {more}", "{name}", name=WORD, more=PHRASE),
)

FACILITIES = frozenset(
    {"CRYPTO", "IPSEC", "ISAKMP", "IKEV2", "PKI", "CERM", "TUN", "TUNNEL", "GDOI", "EZVPN", "CRYPTO_ENGINE", "VPNHW"}
)
"""The facilities whose lines are of this subject; all others are of another."""
