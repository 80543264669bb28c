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
    return text(["[IKEv1 statistics]", *(f"   {label}: {value}" for label, value in rows.items())])
