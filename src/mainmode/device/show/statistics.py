"""`show crypto ikev1 stats`, `show crypto protocol statistics` and `show crypto ipsec stats`.

Labels and order are those of the command reference, recalled. What we count under them is said in `ike.statistics` and
`ipsec.statistics`; what no part of mainmode does (compression, hardware) stays 0.
"""

from collections.abc import Iterable, Mapping

from mainmode.device.config.model import Release
from mainmode.device.show.layout import text
from mainmode.device.show.standing import Standing
from mainmode.ike.statistics import Statistics, Traffic


def ike_stats(standing: Standing) -> str:
    """`show crypto ikev1 stats`: what the engine counted since it started, and the limit on negotiations."""
    counted = standing.ike_statistics
    name = "IKEv1" if standing.release is Release.NEW else "IKE"
    rows = [f"Global {name} Statistics", *_columns(_global_rows(counted))]
    if standing.release is Release.OLD:
        return text(rows)
    admission = {
        "Max In-Negotiation SAs": standing.most_negotiations,
        "In-Negotiation SAs": counted.in_negotiation,
        "In-Negotiation SAs Highwater": counted.in_negotiation_highwater,
        "In-Negotiation SAs Rejected": counted.in_negotiation_rejected,
    }
    return text([*rows, "", "IKEV1 Call Admission Statistics", *_columns(admission)])


def _global_rows(counted: Statistics) -> dict[str, int]:
    return {
        "Active Tunnels": counted.active_tunnels,
        "Previous Tunnels": counted.previous_tunnels,
        **_direction("In", counted.inbound),
        **_direction("Out", counted.outbound),
        "Initiator Tunnels": counted.initiator_tunnels,
        "Initiator Fails": counted.initiator_fails,
        "Responder Fails": counted.responder_fails,
        "System Capacity Fails": counted.capacity_fails,
        "Auth Fails": counted.authentication_fails,
        "Decrypt Fails": counted.decrypt_fails,
        "Hash Valid Fails": counted.hash_fails,
        "No Sa Fails": counted.no_sa_fails,
    }


def _direction(name: str, traffic: Traffic) -> dict[str, int]:
    return {
        f"{name} Octets": traffic.octets,
        f"{name} Packets": traffic.packets,
        f"{name} Drop Packets": traffic.drops,
        f"{name} Notifys": traffic.notifies,
        f"{name} P2 Exchanges": traffic.exchanges,
        f"{name} P2 Exchange Invalids": traffic.exchange_invalids,
        f"{name} P2 Exchange Rejects": traffic.exchange_rejects,
        f"{name} P2 Sa Delete Requests": traffic.sa_deletes,
    }


def _columns(rows: Mapping[str, int | str]) -> Iterable[str]:
    return (f"  {label + ':':<30}{value:>8}" for label, value in rows.items())


def ike_protocol(standing: Standing) -> str:
    """`show crypto protocol statistics ikev1`: what IKE asked of its cryptography."""
    counted = standing.ike_statistics
    rows = {
        "Encrypt packet requests": counted.encryptions,
        "Encapsulate packet requests": counted.encapsulations,
        "Decrypt packet requests": counted.decryptions,
        "Decapsulate packet requests": counted.decapsulations,
        "HMAC calculation requests": counted.hmacs,
        "SA creation requests": counted.sa_creations,
        "SA rekey requests": counted.sa_rekeys,
        "SA deletion requests": counted.sa_deletions,
        "Next phase key allocation requests": counted.phase2_keys,
        "Random number generation requests": counted.random_numbers,
        "Failed requests": counted.failed_requests,
    }
    return _protocol("IKEv1", rows)


def _protocol(name: str, rows: Mapping[str, int]) -> str:
    return text([f"[{name} statistics]", *(f"   {label}: {value}" for label, value in rows.items())])


def ipsec_stats(standing: Standing) -> str:
    """`show crypto ipsec stats`: what the data plane counted."""
    counted = standing.ipsec_statistics
    into, out = counted.inbound, counted.outbound
    rows = [
        "",
        "IPsec Global Statistics",
        "-----------------------",
        f"Active tunnels: {counted.active_tunnels}",
        f"Previous tunnels: {counted.previous_tunnels}",
        "Inbound",
        f"    Bytes: {into.octets}",
        f"    Decompressed bytes: {into.octets}",
        f"    Packets: {into.packets}",
        f"    Dropped packets: {into.dropped}",
        f"    Replay failures: {into.replay_failures}",
        f"    Authentications: {into.authentications}",
        f"    Authentication failures: {into.authentication_failures}",
        f"    Decryptions: {into.decryptions}",
        f"    Decryption failures: {into.decryption_failures}",
        f"    Decapsulated fragments needing reassembly: {into.needing_reassembly}",
        "Outbound",
        f"    Bytes: {out.octets}",
        f"    Uncompressed bytes: {out.octets}",
        f"    Packets: {out.packets}",
        f"    Dropped packets: {out.dropped}",
        f"    Authentications: {out.authentications}",
        f"    Authentication failures: {out.authentication_failures}",
        f"    Encryptions: {out.encryptions}",
        f"    Encryption failures: {out.encryption_failures}",
        f"    Fragmentation successes: {out.fragmentation_successes}",
        f"        Pre-fragmentation successes: {out.pre_fragmentation_successes}",
        f"        Post-fragmentation successes: {out.post_fragmentation_successes}",
        f"    Fragmentation failures: {out.fragmentation_failures}",
        f"        Pre-fragmentation failures: {out.pre_fragmentation_failures}",
        f"        Post-fragmentation failures: {out.post_fragmentation_failures}",
        f"    Fragments created: {out.fragments_created}",
        f"    PMTUs sent: {out.pmtus_sent}",
        f"    PMTUs recvd: {out.pmtus_received}",
        f"Protocol failures: {counted.protocol_failures}",
        f"Missing SA failures: {counted.missing_sa_failures}",
        f"System capacity failures: {counted.system_capacity_failures}",
    ]
    return text(rows)


def ipsec_protocol(standing: Standing) -> str:
    """`show crypto protocol statistics ipsec`: what the data plane asked of its cryptography."""
    counted = standing.ipsec_statistics
    into, out = counted.inbound, counted.outbound
    rows = {
        "Encrypt packet requests": out.encryptions,
        "Encapsulate packet requests": out.packets,
        "Decrypt packet requests": into.decryptions,
        "Decapsulate packet requests": into.packets,
        "HMAC calculation requests": into.authentications + out.authentications,
        "SA creation requests": counted.active_tunnels + counted.previous_tunnels,
        "SA rekey requests": standing.ike_statistics.sa_rekeys,
        "SA deletion requests": counted.previous_tunnels,
        "Next phase key allocation requests": 0,
        "Random number generation requests": 0,
        "Failed requests": into.authentication_failures + into.decryption_failures + out.encryption_failures,
    }
    return _protocol("IPsec", rows)
