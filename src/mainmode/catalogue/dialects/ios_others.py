"""IOS: other debugs that are on at the same time, recognised by their opening and not gone into."""

from mainmode.catalogue.dialects.ios_parts import (
    ADDRESS,
    NUMBER,
    PHRASE,
    POINTER,
    WORD,
    recalled,
    shown,
)
from mainmode.catalogue.facts import Exchange, Message, Phase, Symptom, Told, Way

ENGINE = (
    shown(
        "crypto engine",
        "CRYPTO_ENGINE: {more}",
        "CRYPTO_ENGINE {more}",
        "CRYPTO_ENGINE({where}): {more}",
        "CryptoEngine0: {more}",
        "CryptoEngine: {more}",
        "CryptoEngine{more}",
        "crypto_engine: {more}",
        "crypto engine: {more}",
        "crypto_engine_{more}",
        "crypto_{more}",
        "CET: {more}",
        "VPN-{more}",
        where=WORD,
        more=PHRASE,
    ),
    recalled(
        "certificates",
        "CRYPTO_PKI: {more}",
        "CRYPTO_PKI {more}",
        "CRYPTO_PKI_{more}",
        "PKI: {more}",
        "pki: {more}",
        more=PHRASE,
    ),
    recalled(
        "certificate refused by PKI",
        "CRYPTO_PKI: Certificate validation failed {more}",
        "CRYPTO_PKI: Certificate not validated {more}",
        "CRYPTO_PKI: status = 0x751(E_SIGNATURE : invalid signature {more}",
        "CRYPTO_PKI: can not {more}",
        tells=Told(Symptom.CERTIFICATE, Phase.ONE),
        more=PHRASE,
    ),
    recalled(
        "sockets and key messages",
        "KMI: {more}",
        "CRYPTO_SS({where}): {more}",
        "CRYPTO_SS{more}",
        "IPSEC-IFC {more}",
        "CRYPTO: {more}",
        "crypto: {more}",
        "CRYPTO_{more}",
        "ISAKMP-AAA: {more}",
        "EZVPN({where}): {more}",
        "EZVPN{more}",
        "GDOI:{more}",
        where=WORD,
        more=PHRASE,
    ),
)

UNNAMED = (
    shown("SA kept", "insert sa successfully sa = {sa}", sa=POINTER),
    recalled(
        "PIX",
        "crypto_isakmp_process_block: src:{peer}, dest:{own} spt:{there} dpt:{port}",
        "crypto_isakmp_process_block: src {peer}, dest {own}",
        "crypto_isakmp_process_block src {peer}, dest {own}",
        peer=ADDRESS,
        own=ADDRESS,
        there=NUMBER,
        port=NUMBER,
    ),
    recalled(
        "PIX state",
        "OAK_{more} exchange",
        "oakley_process_{more}",
        "return status is IKMP_{more}",
        "validate proposal {number}",
        "validate proposal request {number}",
        "isadb_{more}",
        "sa->{more}",
        more=PHRASE,
        number=NUMBER,
    ),
)

IKEV2 = (
    recalled(
        "IKEv2 packet sent",
        "IKEv2: Sending Packet {more}",
        "IKEv2-PAK: Sending Packet {more}",
        tells=Message(Way.SENT, Exchange.IKEV2),
        more=PHRASE,
    ),
    recalled(
        "IKEv2 packet received",
        "IKEv2: Received Packet {more}",
        "IKEv2-PAK: Received Packet {more}",
        tells=Message(Way.RECEIVED, Exchange.IKEV2),
        more=PHRASE,
    ),
    recalled(
        "IKEv2 debug",
        "IKEv2: {more}",
        "IKEv2-PAK: {more}",
        "IKEv2-ERROR: {more}",
        "IKEv2-INTERNAL: {more}",
        more=PHRASE,
    ),
)
