"""A dialect's words for algorithms, notifies and payloads, turned into the names that facts are spelled in."""

import re

_PUNCTUATION = re.compile(r"[\s_-]+")

_ENCRYPTION = {
    "des": "DES",
    "des cbc": "DES",
    "esp des": "DES",
    "3des": "3DES",
    "3des cbc": "3DES",
    "esp 3des": "3DES",
    "triple des": "3DES",
    "des ede3 cbc": "3DES",
    "aes": "AES",
    "aes cbc": "AES",
    "esp aes": "AES",
    "aes gcm": "AES-GCM",
    "aes gcm 16": "AES-GCM",
    "aes gcm c": "AES-GCM",
    "oakley aes cbc": "AES",
    "oakley 3des cbc": "3DES",
    "oakley des cbc": "DES",
    "esp gcm": "AES-GCM",
    "null": "NULL",
    "esp null": "NULL",
}
_INTEGRITY = {
    "md5": "MD5",
    "hmac md5": "MD5",
    "hmac md5 96": "MD5",
    "esp md5 hmac": "MD5",
    "sha": "SHA-1",
    "sha1": "SHA-1",
    "sha 1": "SHA-1",
    "hmac sha": "SHA-1",
    "hmac sha1": "SHA-1",
    "hmac sha1 96": "SHA-1",
    "hmac sha1 160": "SHA-1",
    "hmac md5 128": "MD5",
    "esp sha hmac": "SHA-1",
    "sha256": "SHA-256",
    "sha2 256": "SHA-256",
    "hmac sha256": "SHA-256",
    "hmac sha2 256": "SHA-256",
    "hmac sha2 256 128": "SHA-256",
    "hmac sha256 128": "SHA-256",
    "hmac sha2 256 96": "SHA-256",
    "hmac sha2 256 truncbug": "SHA-256",
    "esp sha256 hmac": "SHA-256",
    "sha384": "SHA-384",
    "sha2 384": "SHA-384",
    "hmac sha384": "SHA-384",
    "hmac sha2 384": "SHA-384",
    "hmac sha2 384 192": "SHA-384",
    "esp sha384 hmac": "SHA-384",
    "sha512": "SHA-512",
    "sha2 512": "SHA-512",
    "hmac sha512": "SHA-512",
    "hmac sha2 512": "SHA-512",
    "hmac sha2 512 256": "SHA-512",
    "esp sha512 hmac": "SHA-512",
}
_MODP = {"768": "1", "1024": "2", "1536": "5", "2048": "14", "3072": "15", "4096": "16", "6144": "17", "8192": "18"}
_ELLIPTIC = {"ecp256": "19", "ecp384": "20", "ecp521": "21", "curve25519": "31"}
_AUTHENTICATION = {
    "pre share": "pre-shared key",
    "preshared key": "pre-shared key",
    "pre shared key": "pre-shared key",
    "preshared": "pre-shared key",
    "psk": "pre-shared key",
    "rsa sig": "RSA signature",
    "rsa signature": "RSA signature",
    "rsa signatures": "RSA signature",
    "rsasig": "RSA signature",
    "oakley preshared key": "pre-shared key",
    "oakley rsa sig": "RSA signature",
    "public key": "RSA signature",
    "hybridinitrsa": "hybrid",
    "xauthinitpsk": "pre-shared key with XAUTH",
    "xauthrespsk": "pre-shared key with XAUTH",
    "xauthinitpreshared": "pre-shared key with XAUTH",
    "xauthinitrsa": "RSA signature with XAUTH",
    "pubkey": "RSA signature",
    "rsa": "RSA signature",
}


def _words(text: str) -> str:
    return _PUNCTUATION.sub(" ", text.strip().lower())


def encryption(text: str, bits: int | None = None) -> str:
    """`AES-CBC` with 256 → `AES-256`; what is not known stays as it is printed."""
    name = _words(text)
    found = _ENCRYPTION.get(name)
    if found is None:
        sized = re.fullmatch(
            r"(?:esp |oakley )?(aes(?: gcm(?: 16| c)?)?|aes cbc|3?des cbc|3?des)[ ]?\(?(0|64|128|192|256)\)?(?: cbc)?",
            name,
        )
        if sized is None:
            return text.strip()
        found, bits = _ENCRYPTION[sized[1]], int(sized[2])
    return f"{found}-{bits}" if bits and found.startswith("AES") else found


def integrity(text: str) -> str:
    """`HMAC-SHA1`, `esp-sha-hmac`, `SHA`, `PRF_HMAC_SHA1` → `SHA-1`; what is not known stays as it is printed."""
    name = _words(text).removeprefix("prf ").removeprefix("oakley ").removeprefix("auth ").removeprefix("algorithm ")
    return _INTEGRITY.get(name, text.strip())


def group(text: str) -> str:
    """`MODP_1024`, `Group 2`, `group2`, `/1024` → `2`; what is not known stays as it is printed."""
    name = _words(text).replace(" ", "")
    for known, number in _ELLIPTIC.items():
        if name.endswith(known):
            return number
    digits = re.search(r"[0-9]+", name)
    if digits is None:
        return text.strip()
    return _MODP.get(digits[0], digits[0].lstrip("0") or "0")


def authentication(text: str) -> str:
    """`Preshared Key`, `pre-share`, `PSK` → `pre-shared key`; what is not known stays as it is printed."""
    return _AUTHENTICATION.get(_words(text), text.strip())


def notify(text: str) -> str:
    """`NO_PROPOSAL_CHOSEN`, `No proposal chosen` → `NO-PROPOSAL-CHOSEN`.

    Short forms of daemons are written out: `NO_PROP` → `NO-PROPOSAL-CHOSEN`. Numbers in brackets are left out.
    """
    name = re.sub(r"\([0-9]*\)", "", text)
    name = "-".join(_words(name).split()).upper()
    return _NOTIFY.get(name, name)


_NOTIFY = {
    "NO-PROP": "NO-PROPOSAL-CHOSEN",
    "PROPOSAL-NOT-CHOSEN": "NO-PROPOSAL-CHOSEN",
    "INVAL-ID": "INVALID-ID-INFORMATION",
    "INVALID-ID": "INVALID-ID-INFORMATION",
    "INVALID-ID-INFO": "INVALID-ID-INFORMATION",
    "AUTH-FAILED": "AUTHENTICATION-FAILED",
    "MALFORMED-PAYLOAD": "PAYLOAD-MALFORMED",
    "PLD-MAL": "PAYLOAD-MALFORMED",
    "INVAL-HASH": "INVALID-HASH-INFORMATION",
    "INVALID-HASH-INFO": "INVALID-HASH-INFORMATION",
    "INVAL-KE": "INVALID-KEY-INFORMATION",
    "INITIAL-CONTACT": "INITIAL-CONTACT",
    "INIT-CONTACT": "INITIAL-CONTACT",
    "IPSEC-INITIAL-CONTACT": "INITIAL-CONTACT",
    "IPSEC-RESPONDER-LIFETIME": "RESPONDER-LIFETIME",
    "INVAL-SPI": "INVALID-SPI",
    "INVAL-COOKIE": "INVALID-COOKIE",
    "INVAL-SIG": "INVALID-SIGNATURE",
    "INVAL-MAJOR": "INVALID-MAJOR-VERSION",
    "INVAL-MID": "INVALID-MESSAGE-ID",
    "TS-UNACCEPT": "TS-UNACCEPTABLE",
    "DPD": "R-U-THERE",
    "DPD-ACK": "R-U-THERE-ACK",
    "R-U-THERE": "R-U-THERE",
    "ISAKMP-N-R-U-THERE": "R-U-THERE",
    "ISAKMP-N-R-U-THERE-ACK": "R-U-THERE-ACK",
}

PAYLOADS = {
    "SA": "SA",
    "KE": "KE",
    "No": "NONCE",
    "NONCE": "NONCE",
    "ID": "ID",
    "HASH": "HASH",
    "SIG": "SIG",
    "CERT": "CERT",
    "CERTREQ": "CERT_REQ",
    "CERT_REQ": "CERT_REQ",
    "V": "VENDOR",
    "VENDOR": "VENDOR",
    "VID": "VENDOR",
    "N": "NOTIFY",
    "NOTIFY": "NOTIFY",
    "D": "DELETE",
    "DELETE": "DELETE",
    "NAT-D": "NAT-D",
    "NAT-OA": "NAT-OA",
    "CP": "ATTRIBUTES",
    "CPRQ": "ATTRIBUTES",
    "CPRP": "ATTRIBUTES",
    "CPS": "ATTRIBUTES",
    "CPA": "ATTRIBUTES",
    "MODE_CFG": "ATTRIBUTES",
    "FRAG": "FRAGMENT",
    "KEEP_ALIVE": "VENDOR",
}
"""Payload names as dialects write them."""


def payload(text: str) -> str:
    """`No`, `NONCE (10)` → `NONCE`; `N(DPD)` → `NOTIFY`. What is not known stays as it is printed."""
    name = text.partition("(")[0].strip()
    return PAYLOADS.get(name, name)


_VENDOR = {
    "xauth": "XAUTH",
    "dpd": "DPD",
    "dead peer detection": "DPD",
    "fragmentation": "fragmentation",
    "ike fragmentation": "fragmentation",
    "fragmentation c0000000": "fragmentation",
    "fragmentation 80000000": "fragmentation",
    "cisco unity": "Cisco Unity",
    "cisco ike fragmentation": "fragmentation",
    "cisco vpn 3000 series": "Cisco VPN 3000",
    "strongswan": "strongSwan",
    "rfc 3947": "NAT-T RFC 3947",
    "nat t (rfc 3947)": "NAT-T RFC 3947",
}


def vendor(text: str) -> str:
    """`XAuth`, `Dead Peer Detection`, `draft-ietf-ipsec-nat-t-ike-02_n` as `Vendor` spells them; others as printed."""
    name = _words(text.removesuffix("\\n"))
    draft = re.match(r"draft ietf ipsec nat t ike ([0-9]{2})", name)
    if draft is not None:
        return f"NAT-T draft {draft[1]}"
    return _VENDOR.get(name, text.strip())
