"""ASA and FTD: the tunnel manager (752xxx) and IKEv2 (750xxx, 751xxx).

IKEv2 is not explained; its lines tell that the other version of IKE is at work, and what it failed of.
"""

from mainmode.catalogue.dialects.asa_parts import AFTER_GUIDE, asa
from mainmode.catalogue.facts import (
    Began,
    Down,
    Exchange,
    GaveUp,
    Phase,
    Role,
    Symptom,
    Told,
    Up,
    Wanted,
)
from mainmode.catalogue.phrasebook import Facts, Saying, Values
from mainmode.catalogue.telling import told, why

_V2 = "Local:{local}:{port} Remote:{peer}:{other_port} Username:{user} IKEv2 "
_PLAIN = "Local:{local}:{port} Remote:{peer}:{other_port} Username:{user} "


def _both(*texts: str) -> tuple[str, ...]:
    """Each text with and without the word IKEv2 (releases differ) behind the two ends."""
    return tuple(front + text for text in texts for front in (_V2, _PLAIN))


def _by_version(values: Values) -> Facts:
    """A tunnel that was asked of IKEv2 is no business of IKEv1's peer, which may speak only that."""
    if values["version"] == "IKEv2":
        return (Began(Phase.ONE, Role.INITIATOR, False, _entry(values), Exchange.IKEV2), Wanted(_entry(values)))
    return (Wanted(_entry(values)),)


def _entry(values: Values) -> str:
    return f"{values['map'].rstrip('.')} {values['sequence']}"


def _failed(values: Values) -> Facts:
    return (GaveUp(None), Told(Symptom.CATCH_ALL, None, f"{values['version']}: {_entry(values)}"))


def _down(values: Values) -> Facts:
    words = values["reason"].strip()
    return (Down(Phase.ONE, why(words), words),)


MANAGER: tuple[Saying, ...] = (
    asa(
        "DISPATCHING",
        "Tunnel Manager dispatching a KEY_ACQUIRE message to {version}. Map Tag = {map} "
        "Map Sequence Number = {sequence}.",
        "Tunnel Manager dispatching a KEY_ACQUIRE message to {version} after a failed attempt. Map Tag = {map} "
        "Map Sequence Number = {sequence}.",
        origin=AFTER_GUIDE,
        tells=_by_version,
    ),
    asa(
        "UNSUCCESSFUL",
        "{version} was unsuccessful at setting up a tunnel. Map Tag = {map} Map Sequence Number = {sequence}.",
        origin=AFTER_GUIDE,
        tells=_failed,
    ),
    asa(
        "SUCCESSFUL",
        "{version} was successful at setting up a tunnel. Map Tag = {map} Map Sequence Number = {sequence}.",
    ),
    asa(
        "MANAGER_FAILED",
        "Tunnel Manager has failed to establish an L2L SA. All configured IKE versions failed to establish the tunnel."
        "{words}",
        tells=(GaveUp(None), Told(Symptom.CATCH_ALL, None)),
    ),
    asa(
        "MANAGER_MISCONFIGURED",
        "Tunnel Manager failed to dispatch a KEY_ACQUIRE message. Probable mis-configuration of the crypto map or "
        "tunnel-group.{words}",
        tells=Told(Symptom.CONFIGURATION, None, "the crypto map or the tunnel-group"),
    ),
    asa(
        "MANAGER_WORDS",
        "Tunnel Manager {words}",
        "Duplicate entry already in Tunnel Manager{words}",
        origin=AFTER_GUIDE,
    ),
    asa("IKEV2_LACKS", "IKEv2 Doesn't {words}", "IKEv2 Doesn't have a proposal specified{words}", origin=AFTER_GUIDE),
    asa(
        "IKEV1_LACKS",
        "IKEv1 Doesn't have a transform set specified{words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.ENTRY_INCOMPLETE, Phase.TWO, "no IKEv1 transform set"),
    ),
    asa(
        "BACKUP_DENIED",
        "IKEv2 Backup L2L tunnel initiation denied on interface {words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.CONFIGURATION),
    ),
)

IKEV2: tuple[Saying, ...] = (
    asa(
        "V2_UP",
        *_both("SA UP. Reason: {reason}"),
        origin=AFTER_GUIDE,
        tells=Up(Phase.ONE),
    ),
    asa("V2_DOWN", *_both("SA DOWN. Reason: {reason}"), origin=AFTER_GUIDE, tells=_down),
    asa(
        "V2_ABORTED",
        *_both("Negotiation aborted due to ERROR: {reason}"),
        origin=AFTER_GUIDE,
        tells=lambda values: (GaveUp(Phase.ONE), Told(Symptom.IKE_VERSION, Phase.ONE, f"IKEv2: {values['reason']}")),
    ),
    asa(
        "V2_ASKED",
        *_both(
            "Received a IKE_INIT_SA request{words}",
            "Received request to establish an IPsec tunnel; {words}",
            "Received request to request an IPsec tunnel; {words}",
        ),
        origin=AFTER_GUIDE,
        tells=Began(Phase.ONE, exchange=Exchange.IKEV2),
    ),
    asa(
        "V2_NO_GROUP",
        *_both(
            "Unable to find tunnel group for peer{words}", "Unable to determine self-authentication method. {words}"
        ),
        origin=AFTER_GUIDE,
        tells=Told(Symptom.NO_TUNNEL_GROUP, Phase.ONE, "IKEv2"),
    ),
    asa(
        "V2_NO_KEY",
        *_both(
            "No preshared key or trustpoint configured for self in tunnel group {words}",
            "No remote authentication method configured for peer in tunnel group {words}",
        ),
        origin=AFTER_GUIDE,
        tells=Told(Symptom.KEY_MISSING, Phase.ONE, "IKEv2"),
    ),
    asa(
        "V2_NOT_ENABLED",
        *_both("Group:{group} Tunnel rejected: IKEv2 not enabled in group policy{words}"),
        "Tunnel rejected: IKEv2 not enabled in group policy{words}",
        *_both("Tunnel rejected: IKEv2 not enabled in group policy{words}"),
        origin=AFTER_GUIDE,
        tells=(Told(Symptom.PROTOCOL, None, "IKEv2"), Told(Symptom.IKE_VERSION, None, "IKEv2 is not enabled")),
    ),
    asa(
        "V2_NO_ENTRY",
        *_both("Tunnel rejected: Crypto Map Policy not found for remote traffic selector {words}"),
        origin=AFTER_GUIDE,
        tells=Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO),
    ),
    asa(
        "V2_CERTIFICATE",
        *_both("Certificate authentication failed. Error: {words}"),
        origin=AFTER_GUIDE,
        tells=Told(Symptom.CERTIFICATE, Phase.ONE),
    ),
    asa(
        "V2_LIMIT",
        *_both(
            "SA request rejected by CAC. {words}",
            "SA request rejected due to CAC limit reached: {words}",
            "SA rejected due to system resource low{words}",
            "Received request to establish an IPsec tunnel; throttle-limit reached{words}",
        ),
        origin=AFTER_GUIDE,
        tells=Told(Symptom.LIMIT),
    ),
    asa(
        "V2_SAME_ADDRESSES",
        *_both("L2L peer initiated a tunnel with the same outer and inner addresses{words}"),
        origin=AFTER_GUIDE,
        tells=Told(Symptom.SAME_OUTER_AND_INNER),
    ),
    asa(
        "V2_COLLISION",
        *_both("IPsec rekey collision detected. {words}"),
        origin=AFTER_GUIDE,
        tells=Told(Symptom.COLLISION, Phase.TWO),
    ),
    asa("V2_WORDS", *_both("{words}"), origin=AFTER_GUIDE),
    asa("V2_DEBUG", "IKEv2-{name} {words}", "IKEv2-{name}", tells=()),
    asa(
        "WRONG_VERSION",
        "Received an IKEv2 packet {words}",
        "Unsupported IKE version {words}",
        "Received packet with unsupported IKE version{words}",
        "Invalid IKE version{words}",
        "unsupported IKE version{words}",
        tells=told(Symptom.IKE_VERSION, Phase.ONE, "{words}"),
    ),
)
