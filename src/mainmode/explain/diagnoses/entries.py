"""The diagnoses of phase 2, declared."""

from mainmode.catalogue.facts import Whose
from mainmode.explain.diagnoses import phase2
from mainmode.explain.diagnoses.declaration import At, Diagnosis, Remedy
from mainmode.explain.finding import Check, Safety

PROXY_MISMATCH = Diagnosis(
    "PROXY_MISMATCH",
    "The crypto access lists are not mirrors of each other",
    "a device says that no entry fits the proxy identities, or answers them with INVALID-ID-INFORMATION",
    "The initiator asks for the networks of the line that its traffic met. The responder must have one line with the "
    "very same networks, masks, protocol and ports, source and destination exchanged.",
    "the responder's log says that its access list does not match the proxy identities",
    phase2.proxy_mismatch,
    (
        Check(Whose.OWN, "The access list of the entry for {peer}: a line from {near} to {far}, with the same masks."),
        Check(Whose.PEER, "Its mirror: from the other's network to its own, the same masks, protocol and ports."),
    ),
    (
        Remedy(
            "asa",
            "A line that is the exact mirror of what the other side has.",
            (
                "show run access-list <crypto access list>",
                "access-list <crypto access list> extended permit ip {near} {far}",
            ),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "A line that is the exact mirror of what the other side has.",
            ("do show crypto map", "ip access-list extended <crypto access list>", " permit ip {near} {far}"),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "The traffic selectors in swanctl.conf, then load them.",
            (
                "connections.{group}.children.<child>.local_ts = {near}",
                "connections.{group}.children.<child>.remote_ts = {far}",
                "swanctl --load-conns",
            ),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "pluto",
            "The subnets in ipsec.conf, then the connection is read anew.",
            ("conn {group}", "    leftsubnet={near}", "    rightsubnet={far}", "ipsec auto --replace {group}"),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
    ),
)

TRANSFORM_MISMATCH = Diagnosis(
    "TRANSFORM_MISMATCH",
    "No transform set in common",
    "a device refuses every phase 2 proposal, or the peer answers with NO-PROPOSAL-CHOSEN under the IKE SA",
    "Phase 2 has its own algorithms: encryption, hash and mode of one transform set must be the same on both sides.",
    "the responder's log names encryption, hash or mode of phase 2 and both values",
    phase2.transform_mismatch,
    (
        Check(Whose.OWN, "The transform sets of the entry for {peer}: encryption with key length, hash, mode."),
        Check(Whose.PEER, "That one of its transform sets is the same, and whether it asks for PFS."),
    ),
    (
        Remedy(
            "asa",
            "A transform set with the values that both sides are to have (8.3 and earlier: without ikev1).",
            (
                "show run crypto ipsec",
                "crypto ipsec ikev1 transform-set AGREED esp-{esp_encryption} esp-{esp_integrity}-hmac",
                "crypto map {entry} set ikev1 transform-set AGREED",
            ),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "A transform set with the values that both sides are to have.",
            (
                "crypto ipsec transform-set AGREED esp-{esp_encryption} esp-{esp_integrity}-hmac",
                "crypto map {entry} ipsec-isakmp",
                " set transform-set AGREED",
            ),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "The proposal of the child in swanctl.conf, then load it.",
            (
                "connections.{group}.children.<child>.esp_proposals = {esp_encryption}-{esp_integrity}",
                "swanctl --load-conns",
            ),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "pluto",
            "The proposal in ipsec.conf, then the connection is read anew.",
            ("conn {group}", "    esp={esp_encryption}-{esp_integrity}", "ipsec auto --replace {group}"),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
    ),
)

PFS_MISMATCH = Diagnosis(
    "PFS_MISMATCH",
    "Perfect forward secrecy on one side only, or with another group",
    "a device says that the key exchange of phase 2 lacks, is not wanted, or has another group",
    "With perfect forward secrecy phase 2 makes a Diffie-Hellman exchange of its own. A responder that asks for "
    "it refuses "
    "a proposal without, or with another group.",
    "the responder's log names the group or the missing key exchange; or the tunnel comes up when the other side "
    "begins",
    phase2.pfs_mismatch,
    (
        Check(Whose.OWN, "set pfs of the entry for {peer} (pfs or the group of esp proposals)."),
        Check(Whose.PEER, "The same group, or none on both sides."),
    ),
    (
        Remedy(
            "asa",
            "The same group on both sides, or no set pfs on both.",
            ("show run crypto map", "crypto map {entry} set pfs group{pfs}"),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "The same group on both sides, or no set pfs on both.",
            ("crypto map {entry} ipsec-isakmp", " set pfs group{pfs}"),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "The group behind the child's algorithms in swanctl.conf (none: no PFS), then load it.",
            (
                "connections.{group}.children.<child>.esp_proposals = {esp_encryption}-{esp_integrity}-{pfs}",
                "swanctl --load-conns",
            ),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "pluto",
            "pfs in ipsec.conf, then the connection is read anew.",
            (
                "conn {group}",
                "    pfs=yes",
                "    esp={esp_encryption}-{esp_integrity};{pfs}",
                "ipsec auto --replace {group}",
            ),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
    ),
)

NO_MATCHING_ENTRY = Diagnosis(
    "NO_MATCHING_ENTRY",
    "No complete crypto map entry",
    "a device says that an entry is incomplete, or that it finds no policy for the traffic or the peer's request",
    "An entry needs an access list, a peer and a transform set; one that lacks any is passed over, and for the rest of "
    "the map it is as if it were not there.",
    "the responder's log says that an entry is incomplete; its running-config shows what the entry lacks",
    phase2.no_entry,
    (
        Check(Whose.OWN, "The entry for {peer}: match address, set peer and set transform-set, and the map's binding."),
        Check(Whose.PEER, "For which networks it asks."),
    ),
    (
        Remedy(
            "asa",
            "Complete the entry (8.3 and earlier: set transform-set).",
            (
                "show run crypto map",
                "crypto map {entry} match address <crypto access list>",
                "crypto map {entry} set peer {peer}",
                "crypto map {entry} set ikev1 transform-set <transform set>",
            ),
            Safety.SAFE,
        ),
        Remedy(
            "ios",
            "Complete the entry.",
            (
                "do show crypto map",
                "crypto map {entry} ipsec-isakmp",
                " match address <crypto access list>",
                " set peer {peer}",
                " set transform-set <transform set>",
            ),
            Safety.SAFE,
        ),
        Remedy(
            "charon",
            "A child with both networks in swanctl.conf, then load it.",
            ("swanctl --list-conns", "swanctl --load-conns"),
            Safety.SAFE,
        ),
        Remedy("pluto", "See which connections are known.", ("ipsec auto --status",), Safety.LOOK),
    ),
)

CRYPTO_MAP_NOT_BOUND = Diagnosis(
    "CRYPTO_MAP_NOT_BOUND",
    "No crypto map is bound to the interface",
    "a device says that no crypto map is bound where the peer came in",
    "A crypto map does nothing until it is bound to the interface towards the peer.",
    "the peer's log says No crypto map bound to interface, or its running-config has no crypto map MAP interface IFC",
    phase2.not_bound,
    (Check(Whose.OWN, "crypto map MAP interface IFC, for the interface where {peer} comes in."),),
    (
        Remedy("asa", "Bind the map.", ("show run crypto map", "crypto map {map} interface {interface}"), Safety.WIDE),
        Remedy("ios", "Bind the map.", ("interface <outside interface>", " crypto map {map}"), Safety.WIDE),
        Remedy("charon", "See which connections are loaded.", ("swanctl --list-conns",), Safety.LOOK),
        Remedy("pluto", "See which connections are loaded.", ("ipsec auto --status",), Safety.LOOK),
    ),
)

DYNAMIC_FIRST = Diagnosis(
    "DYNAMIC_FIRST",
    "A dynamic entry stands before the static ones",
    "a dynamic entry answers a peer for whom a static entry exists, and its transform sets do not fit",
    "Entries are tried by their numbers. A dynamic one matches nearly everything, so it must have the highest number.",
    "the responder's log names a dynamic map before it refuses",
    phase2.dynamic_first,
    (Check(Whose.OWN, "The numbers of the entries: dynamic ones last (65535 is usual)."),),
    (
        Remedy(
            "asa",
            "Give the dynamic entry the highest number.",
            (
                "show run crypto map",
                "no crypto map {map} <sequence> ipsec-isakmp dynamic <dynamic map>",
                "crypto map {map} 65535 ipsec-isakmp dynamic <dynamic map>",
            ),
            Safety.WIDE,
        ),
        Remedy(
            "ios",
            "Give the dynamic entry the highest number.",
            (
                "do show crypto map",
                "no crypto map {map} <sequence>",
                "crypto map {map} 65535 ipsec-isakmp dynamic <dynamic map>",
            ),
            Safety.WIDE,
        ),
    ),
)

EARLIER_ENTRY = Diagnosis(
    "EARLIER_ENTRY",
    "An earlier crypto map entry takes the traffic",
    "the entry that fits the networks is for another peer, and stands before the one for this peer",
    "The first entry whose access list holds the traffic decides, whatever stands behind it.",
    "the running-config shows an entry with a lower number whose access list holds the same networks",
    phase2.earlier_entry,
    (Check(Whose.OWN, "Entries with a lower number than that for {peer}: does one hold the same networks?"),),
    (
        Remedy(
            "asa",
            "Take the networks out of the earlier entry, or give it a higher number.",
            (
                "show run crypto map",
                "show run access-list",
                "packet-tracer input inside icmp <host here> 8 0 <host there>",
            ),
            Safety.LOOK,
        ),
        Remedy("ios", "See which entry holds the networks.", ("show crypto map", "show ip access-lists"), Safety.LOOK),
    ),
)

ENTRIES = (
    PROXY_MISMATCH,
    TRANSFORM_MISMATCH,
    PFS_MISMATCH,
    NO_MATCHING_ENTRY,
    CRYPTO_MAP_NOT_BOUND,
    DYNAMIC_FIRST,
    EARLIER_ENTRY,
)
