"""Why phase 1 fails: policies, keys, tunnel-groups, identities, limits."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import Phase, Refused, Symptom, Told
from mainmode.catalogue.kinds import ATTRIBUTE, IPV4, NAME, NUMBER, PHRASE, choice
from mainmode.catalogue.origins import GUIDE, LINUX, OURS, RECALLED, SCRAP
from mainmode.catalogue.telling import refused, told

ALL_SA_UNACCEPTABLE = entry(
    "ALL_SA_UNACCEPTABLE",
    "All SA proposals found unacceptable",
    Channel.IKE_DEBUG,
    "7-713906",
    LINUX.but("public note: general IPsec troubleshooting"),
    "None of the peer's phase 1 proposals equals one of our policies.",
    tells=Refused(Phase.ONE, everything=True),
)
PHASE1_MISMATCH = entry(
    "PHASE1_MISMATCH",
    "Phase 1 failure:  Mismatched attribute types for class {attribute}:  Rcv'd: {offered}  Cfg'd: {configured}",
    Channel.IKE,
    "5-713257",
    GUIDE.but("values recalled"),
    "Why one policy was not chosen: the attribute, what the peer offered and what is configured.",
    attribute=ATTRIBUTE,
    offered=PHRASE,
    configured=PHRASE,
    tells=refused(Phase.ONE),
)
NO_CRYPTO_MAP_BOUND = entry(
    "NO_CRYPTO_MAP_BOUND",
    "No crypto map bound to interface... dropping pkt",
    Channel.IKE,
    "5-713904",
    LINUX.but("id not sure"),
    "The interface where the message came in has no crypto map.",
    tells=Told(Symptom.MAP_NOT_BOUND),
)
NO_TUNNEL_GROUP = entry(
    "NO_TUNNEL_GROUP",
    "Can't find a valid tunnel group, aborting...!",
    Channel.IKE,
    "4-713903",
    SCRAP.but("id not sure"),
    "No tunnel-group (or none with a key) fits the peer's address.",
    tells=Told(Symptom.NO_TUNNEL_GROUP, Phase.ONE),
)
NO_BASE_GROUP_KEY = entry(
    "NO_BASE_GROUP_KEY",
    "Group {group} not found and BASE GROUP default preshared key not configured",
    Channel.IKE,
    "3-713138",
    GUIDE,
    "No tunnel-group of that name, and DefaultL2LGroup has no key either.",
    group=NAME,
    tells=told(Symptom.NO_TUNNEL_GROUP, Phase.ONE, "{group}"),
)
USING_BASE_GROUP_KEY = entry(
    "USING_BASE_GROUP_KEY",
    "{group} not found, using BASE GROUP default preshared key",
    Channel.IKE,
    "5-713139",
    GUIDE,
    "No tunnel-group of that name; DefaultL2LGroup's key is used.",
    group=NAME,
    tells=told(Symptom.KEY_FROM_DEFAULT, Phase.ONE, "{group}"),
)
NO_GROUP_FOR_KEY = entry(
    "NO_GROUP_FOR_KEY",
    "No Group found matching {group} for Pre-shared key peer {peer}",
    Channel.IKE,
    "3-713022",
    GUIDE,
    "No tunnel-group with a pre-shared key for this peer.",
    group=NAME,
    peer=IPV4,
    tells=told(Symptom.KEY_MISSING, Phase.ONE, "{peer}"),
)
INVALID_PAYLOADS = entry(
    "INVALID_PAYLOADS",
    "Received encrypted Oakley Main Mode packet with invalid payloads, MessID = {message_id}",
    Channel.IKE,
    "5-713904",
    RECALLED.but("id not sure"),
    "A message decrypted to nonsense: as a rule the pre-shared keys differ.",
    message_id=NUMBER,
    tells=Told(Symptom.KEY_WRONG, Phase.ONE),
)
PSK_MISMATCH = entry(
    "PSK_MISMATCH",
    "ERROR, had problems decrypting packet, probably due to mismatched pre-shared key.  Aborting",
    Channel.IKE,
    "5-713904",
    RECALLED.but("id not sure"),
    "The peer's message cannot be decrypted: the pre-shared keys differ.",
    tells=Told(Symptom.KEY_WRONG, Phase.ONE),
)
NO_POLICY = entry(
    "NO_POLICY",
    "IKE Initiator unable to find policy: Intf {interface}, Src: {source}, Dst: {destination}",
    Channel.IKE,
    "3-713042",
    GUIDE,
    "Traffic asks for a tunnel for which no complete crypto map entry exists.",
    interface=NAME,
    source=IPV4,
    destination=IPV4,
    tells=told(Symptom.CONFIGURATION, None, "no policy for {source} > {destination}"),
)
NONCE_OUT_OF_RANGE = entry(
    "NONCE_OUT_OF_RANGE",
    "Tunnel Rejected: Received NONCE length {length} is out of range!",
    Channel.IKE,
    "7-713099",
    GUIDE,
    "The peer's nonce is too short or too long.",
    length=NUMBER,
    tells=Told(Symptom.MALFORMED, Phase.ONE, "nonce"),
)
PEER_IS_OURSELVES = entry(
    "PEER_IS_OURSELVES",
    "IKE Peer address same as our interface address {address}",
    Channel.IKE,
    "3-713062",
    GUIDE,
    "A crypto map entry's peer is this device itself.",
    address=IPV4,
    tells=told(Symptom.CONFIGURATION, Phase.ONE, "the peer is this device itself, {address}"),
)
PEER_NOT_CONFIGURED = entry(
    "PEER_NOT_CONFIGURED",
    "IKE Peer address not configured for destination {destination}",
    Channel.IKE,
    "3-713063",
    GUIDE,
    "The crypto map entry for this traffic has no peer.",
    destination=IPV4,
    tells=Told(Symptom.ENTRY_INCOMPLETE, None, "no peer"),
)
SESSION_IN_PROGRESS = entry(
    "SESSION_IN_PROGRESS",
    "Cookie/peer address {address} session already in progress",
    Channel.IKE,
    "3-713043",
    GUIDE,
    "A negotiation with this peer is under way already.",
    address=IPV4,
    tells=Told(Symptom.COLLISION, Phase.ONE),
    peer_in="address",
)
UNKNOWN_GROUP_DESCRIPTION = entry(
    "UNKNOWN_GROUP_DESCRIPTION",
    "Detected invalid Diffie-Helmann group_descriptor {group}, in IKE area",
    Channel.IKE,
    "3-713118",
    GUIDE,
    "The peer wants a Diffie-Hellman group that this device does not have.",
    group=NUMBER,
    tells=told(Symptom.DH_GROUP, None, "{group}"),
)
UNKNOWN_DOI = entry(
    "UNKNOWN_DOI",
    "Unknown Domain of Interpretation (DOI): {doi}",
    Channel.IKE,
    "3-713014",
    GUIDE,
    "The SA payload is not for IPsec.",
    doi=NUMBER,
    tells=Told(Symptom.MALFORMED, None, "domain of interpretation"),
)
ID_TYPE_UNKNOWN = entry(
    "ID_TYPE_UNKNOWN",
    "Unknown identification type, Phase 1, Type {type}",
    Channel.IKE,
    "3-713016",
    GUIDE,
    "The peer names itself in a way that this device does not know.",
    type=NUMBER,
    tells=told(Symptom.IDENTITY_MISMATCH, Phase.ONE, "identity type {type}"),
)
ID_BAD_PORT = entry(
    "ID_BAD_PORT",
    "Received invalid phase 1 port value ({port}) in ID payload",
    Channel.IKE,
    "3-713084",
    GUIDE,
    "The peer's identity carries a port other than 0 or 500.",
    port=NUMBER,
    tells=Told(Symptom.MALFORMED, Phase.ONE, "identity"),
)
ID_BAD_PROTOCOL = entry(
    "ID_BAD_PROTOCOL",
    "Received invalid phase 1 protocol ({protocol}) in ID payload",
    Channel.IKE,
    "3-713085",
    GUIDE,
    "The peer's identity carries an IP protocol other than 0 or UDP.",
    protocol=NUMBER,
    tells=Told(Symptom.MALFORMED, Phase.ONE, "identity"),
)
ID_ZERO_LENGTH = entry(
    "ID_ZERO_LENGTH",
    "Zero length data in ID payload received during phase 1 or 2 processing",
    Channel.IKE,
    "3-713105",
    GUIDE,
    "The peer's identity is empty.",
    tells=Told(Symptom.MALFORMED, None, "identity"),
)
ID_TOO_LONG = entry(
    "ID_TOO_LONG",
    "Phase 1 ID Data length {length} too long - reject tunnel!",
    Channel.IKE,
    "3-713102",
    GUIDE,
    "The peer's identity has 2 K octets or more.",
    length=NUMBER,
    tells=Told(Symptom.MALFORMED, Phase.ONE, "identity"),
)
KEY_ID_TOO_LONG = entry(
    "KEY_ID_TOO_LONG",
    "Key ID in ID payload too big for pre-shared IKE tunnel",
    Channel.IKE,
    "3-713008",
    GUIDE,
    "The peer's key id has more than 32 octets.",
    tells=Told(Symptom.MALFORMED, Phase.ONE, "identity"),
)
MAX_NEGOTIATIONS = entry(
    "MAX_NEGOTIATIONS",
    "Maximum concurrent IKE negotiations exceeded!",
    Channel.IKE,
    "3-713191",
    GUIDE,
    "As many negotiations are under way as the device allows.",
    tells=Told(Symptom.LIMIT, None, "negotiations"),
)
NEGOTIATION_LIMIT = entry(
    "NEGOTIATION_LIMIT",
    "Dropping new negotiation - IKEv1 in-negotiation context limit of {limit} reached",
    Channel.IKE,
    "3-713276",
    GUIDE,
    "The configured limit of unfinished negotiations (max-in-negotiation-sa) is reached.",
    limit=NUMBER,
    tells=told(Symptom.LIMIT, None, "{limit} negotiations"),
)
TUNNEL_LIMIT = entry(
    "TUNNEL_LIMIT",
    "Tunnel Rejected: The maximum tunnel count allowed has been reached",
    Channel.IKE,
    "5-713239",
    GUIDE,
    "As many tunnels are up as the device allows.",
    tells=Told(Symptom.LIMIT, None, "tunnels"),
)
ORIGINATE_ONLY = entry(
    "ORIGINATE_ONLY",
    "Tunnel rejected: Originate-Only: Cannot accept incoming tunnel yet!",
    Channel.IKE,
    "3-713195",
    GUIDE,
    "The crypto map entry may only begin tunnels, and the peer began this one.",
    tells=Told(Symptom.CONNECTION_TYPE, None, "originate-only"),
)
SAME_OUTER_AND_INNER = entry(
    "SAME_OUTER_AND_INNER",
    "Remote L2L Peer {peer} initiated a tunnel with same outer and inner addresses. Peer could be "
    "Originate Only - Possible misconfiguration!",
    Channel.IKE,
    "5-713196",
    GUIDE,
    "The tunnel's inner addresses are the gateways' own.",
    peer=IPV4,
    tells=Told(Symptom.SAME_OUTER_AND_INNER, Phase.TWO),
)
CONFLICTING_PROTOCOLS = entry(
    "CONFLICTING_PROTOCOLS",
    "Tunnel Rejected: Conflicting protocols specified by tunnel-group and group-policy",
    Channel.IKE,
    "3-713206",
    GUIDE,
    "Tunnel-group and group-policy allow no protocol in common.",
    tells=Told(Symptom.PROTOCOL),
)
AUTHENTICATION_DIFFERS = entry(
    "AUTHENTICATION_DIFFERS",
    "Mismatch: P1 Authentication algorithm in the crypto map entry different from negotiated algorithm "
    "for the L2L connection",
    Channel.IKE,
    "3-713134",
    GUIDE,
    "Phase 1 agreed on another authentication than the crypto map entry asks for.",
    tells=Refused(Phase.ONE, "authentication"),
)
UNKNOWN_AGGRESSIVE_GROUP = entry(
    "UNKNOWN_AGGRESSIVE_GROUP",
    "Received ISAKMP Aggressive Mode message 1 with unknown tunnel group name {group}",
    Channel.IKE,
    "4-713255",
    GUIDE,
    "An aggressive mode peer names a tunnel-group that does not exist.",
    group=NAME,
    tells=told(Symptom.NO_TUNNEL_GROUP, Phase.ONE, "{group}"),
)
AGGRESSIVE_MODE_REFUSED = entry(
    "AGGRESSIVE_MODE_REFUSED",
    "Received ISAKMP Aggressive Mode message 1, but Aggressive Mode is {why}. Aborting connection.",
    Channel.IKE,
    "5-713904",
    OURS,
    "A peer wants aggressive mode, which this device does not do: by its configuration, or not at all.",
    why=choice("reason", "disabled", "not supported"),
    tells=told(Symptom.AGGRESSIVE_REFUSED, Phase.ONE, "{why}"),
)
SPOOFED_AGGRESSIVE_ANSWER = entry(
    "SPOOFED_AGGRESSIVE_ANSWER",
    "Sending spoofed ISAKMP Aggressive Mode message 2 due to receipt of unknown tunnel group. Aborting connection.",
    Channel.IKE,
    "6-713256",
    GUIDE,
    "The device answers as if the tunnel-group existed, so that nobody can find out names.",
    tells=Told(Symptom.NO_TUNNEL_GROUP, Phase.ONE),
)
