"""How the device's lines name algorithms and groups, and how a configuration spells them. Total for any number."""

from mainmode.base.codes import (
    Authentication1,
    Encryption1,
    EspAuthentication,
    EspTransform,
    Group,
    Hash1,
    NotifyType,
)

_ENCRYPTION = {Encryption1.DES_CBC: "DES-CBC", Encryption1.TRIPLE_DES_CBC: "3DES-CBC", Encryption1.AES_CBC: "AES-CBC"}
_HASH = {
    Hash1.MD5: "MD5",
    Hash1.SHA1: "SHA",
    Hash1.SHA2_256: "SHA256",
    Hash1.SHA2_384: "SHA384",
    Hash1.SHA2_512: "SHA512",
}
_AUTHENTICATION = {
    Authentication1.PRE_SHARED_KEY: "Preshared Key",
    Authentication1.DSS_SIGNATURE: "DSS signature",
    Authentication1.RSA_SIGNATURE: "RSA signature with Certificates",
    Authentication1.RSA_ENCRYPTION: "RSA encryption",
    Authentication1.REVISED_RSA_ENCRYPTION: "Revised RSA encryption",
    Authentication1.XAUTH_INIT_PRE_SHARED: "Preshared Key (XAUTH)",
}
_TRANSFORM = {
    EspTransform.DES: "esp-des",
    EspTransform.TRIPLE_DES: "esp-3des",
    EspTransform.NULL: "esp-null",
    EspTransform.AES_CBC: "esp-aes",
    EspTransform.AES_GCM_16: "esp-aes-gcm",
}
_INTEGRITY = {
    EspAuthentication.NONE: "esp-none",
    EspAuthentication.HMAC_MD5: "esp-md5-hmac",
    EspAuthentication.HMAC_SHA1: "esp-sha-hmac",
    EspAuthentication.HMAC_SHA2_256: "esp-sha256-hmac",
    EspAuthentication.HMAC_SHA2_384: "esp-sha384-hmac",
    EspAuthentication.HMAC_SHA2_512: "esp-sha512-hmac",
}

_NOTIFIES = {
    NotifyType.INVALID_PAYLOAD_TYPE: "Invalid Payload",
    NotifyType.NO_PROPOSAL_CHOSEN: "No proposal chosen",
    NotifyType.INVALID_ID_INFORMATION: "Invalid ID info",
    NotifyType.INVALID_HASH_INFORMATION: "Invalid hash info",
}


def encryption_name(code: int) -> str:
    """`3DES-CBC`."""
    return _ENCRYPTION.get(Encryption1(code), f"Unknown ({code})")


def hash_name(code: int) -> str:
    """`SHA`."""
    return _HASH.get(Hash1(code), f"Unknown ({code})")


def authentication_name(code: int) -> str:
    """`Preshared Key`."""
    return _AUTHENTICATION.get(Authentication1(code), f"Unknown ({code})")


def group_name(code: int) -> str:
    """`Group 2`."""
    return f"Group {int(Group(code))}"


def transform_name(encryption: int, key_bits: int) -> str:
    """`esp-aes-256`, as a transform set spells it; 128-bit AES has no number."""
    name = _TRANSFORM.get(EspTransform(encryption))
    if name is None:
        return f"ESP transform {encryption}"
    unnamed = 128 if encryption in (EspTransform.AES_CBC, EspTransform.AES_GCM_16) else 0
    return name if key_bits == unnamed else f"{name}-{key_bits}"


def integrity_name(authentication: int) -> str:
    """`esp-sha-hmac`, as a transform set spells it."""
    return _INTEGRITY.get(EspAuthentication(authentication), f"authentication {authentication}")


def notify_name(kind: NotifyType) -> str:
    """`No proposal chosen`: the device's words where known, else the registry's."""
    return _NOTIFIES.get(kind) or kind.name.replace("_", " ").capitalize()
