"""IOS, `debug crypto ipsec`: requests, proposals, SAs made and deleted, crypto maps found or not.

A template begins with the function's name, which stands in brackets in the debug: `IPSEC(sa_request): ,` and, in newer
releases, `IPSEC:(SESSION ID = 1) (sa_request)`. `{where}` is any function. The parts of a block's rows
(`ios_blocks.py`) are among the values.
"""

from mainmode.catalogue.dialects.ios_parts import (
    ADDRESS,
    NUMBER,
    PHRASE,
    SPI,
    WORD,
    proxy,
    recalled,
    shown,
    spi,
    suite,
)
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Agreed,
    Down,
    Offer,
    Phase,
    Proxies,
    Refused,
    Spi,
    Suite,
    Symptom,
    Told,
    Wanted,
    Whose,
    Why,
)
from mainmode.catalogue.phrasebook import Values


def direction(values: Values) -> str:
    """INBOUND or OUTBOUND; old releases tell it by what stands first, destination or source."""
    said = str(values.get("direction", ""))
    if said or not ("src" in values and "dest" in values):
        return said
    order = list(values)
    return "INBOUND" if order.index("dest") < order.index("src") else "OUTBOUND"


def proxies(values: Values, by: Whose) -> Facts:
    """The proxies of a block, if both or one are there."""
    mine, theirs = proxy(values.get("local_proxy", "")), proxy(values.get("remote_proxy", ""))
    return (Proxies(mine, theirs, by),) if mine or theirs else ()


def _old_proxies(values: Values) -> Facts:
    """Those of releases that print source and destination, where it is clear which is whose."""
    first, second = proxy(values.get("src_proxy", "")), proxy(values.get("dest_proxy", ""))
    if direction(values) == "INBOUND":
        first, second = second, first
    return (Proxies(first, second, Whose.OWN),) if first or second else ()


def offered(values: Values, whose: Whose) -> Facts:
    """The transform of a block with its lifetimes."""
    transform = values.get("transform")
    if not transform:
        return ()
    found = suite(transform, int(values.get("keysize") or 0))
    seconds, kilobytes = int(values.get("seconds") or 0), int(values.get("kilobytes") or 0)
    with_life = Suite(
        encryption=found.encryption,
        integrity=found.integrity,
        seconds=seconds or None,
        kilobytes=kilobytes or None,
        mode=found.mode,
        protocol=found.protocol,
    )
    return (Offer(Phase.TWO, whose, with_life),) if found != Suite() else ()


def _requested(values: Values) -> Facts:
    return (Wanted(), *proxies(values, Whose.OWN), *_old_proxies(values), *offered(values, Whose.OWN))


def _proposed(values: Values) -> Facts:
    return (*proxies(values, Whose.PEER), *offered(values, Whose.PEER))


def _initialized(values: Values) -> Facts:
    number = spi(values["spi"]) if values.get("spi") else ""
    way = direction(values)
    return (Spi(number, Whose.OWN if way == "INBOUND" else Whose.PEER),) if number and way else ()


def _made(values: Values) -> Facts:
    number = spi(values["sa_spi"]) if values.get("sa_spi") else ""
    destination = values.get("sa_dest")
    local, remote = (str(values.get(end, "")).partition(":")[0] for end in ("local", "remote"))
    if not number or destination is None or destination not in (local, remote):
        return ()
    return (Spi(number, Whose.OWN if destination == local else Whose.PEER),)


def _gone(values: Values) -> Facts:
    return (Down(Phase.TWO, Why.UNSAID, str(values.get("reason", ""))),)


def _refused(values: Values) -> Facts:
    words = values.get("transform", "")
    return (Told(Symptom.PROPOSAL_REFUSED, Phase.TWO, str(words).strip(" {}")),)


REQUESTS = (
    shown("IPsec SA requested", "sa_request", tells=_requested),
    shown(
        "request timed out",
        "key_engine: request timer fired: count = {count}",
        "{where}: request timer fired: count = {count}",
        "{where}: request timer fired: count = {count}, {more}",
        tells=lambda values: (
            ((Told(Symptom.NO_RESPONSE, Phase.TWO),) if values["count"] > 1 else ()) + proxies(values, Whose.OWN)
        ),
        count=NUMBER,
        where=WORD,
        more=PHRASE,
    ),
    shown(
        "proposal looked at",
        "validate_proposal_request: proposal part #{count}",
        "validate_proposal_request",
        "{where}: proposal part #{count}",
        tells=_proposed,
        count=NUMBER,
        where=WORD,
        more=PHRASE,
    ),
    shown(
        "transform refused",
        "{where}: transform proposal not supported for identity: {transform}",
        "{where}: transforma proposal not supported for idenitty: {transform}",
        "{where}: transform proposal not supported for identity",
        "{where}: transform proposals not supported",
        "{where}: transform proposal (prot {protocol}, trans {number}, hmac_alg {hash}) not supported",
        "{where}: transform proposal not supported",
        "{where}: proposal part #{count}, transform proposals not supported",
        "{where}: no matching transform set {more}",
        "{where}: transform not supported {more}",
        tells=_refused,
        where=WORD,
        transform=PHRASE,
        protocol=NUMBER,
        number=NUMBER,
        hash=NUMBER,
        count=NUMBER,
        more=PHRASE,
    ),
    shown(
        "proxies refused",
        "{where}: proxy identities not supported",
        "{where}: proxy identities not supported {more}",
        "{where}: invalid proxy IDs",
        "{where}: Invalid Proxy IDs",
        "{where}: invalid proxy ids",
        tells=Told(Symptom.ACL_MISMATCH, Phase.TWO),
        where=WORD,
        more=PHRASE,
    ),
    recalled(
        "local address refused",
        "{where}: invalid local address {own}",
        "{where}: no IPSEC cryptomap exists for local address {own}",
        "{where}: no IPSEC cryptomap exists for local address {own}, {more}",
        "{where}: no IPSEC cryptomap exists {more}",
        "{where}: cryptomap doesn't exist {more}",
        tells=lambda values: (Told(Symptom.MAP_NOT_BOUND, Phase.TWO, values.get("own", "")),),
        where=WORD,
        own=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "peer not in the map",
        "{where}: peer address {peer} not found",
        "{where}: peer {peer} not found {more}",
        tells=lambda values: (Told(Symptom.WRONG_PEER_FOR_ENTRY, Phase.TWO, values["peer"]),),
        where=WORD,
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "PFS refused",
        "{where}: peer did not ask for PFS {more}",
        "{where}: PFS {more}",
        "{where}: pfs {more}",
        "{where}: invalid PFS {more}",
        "{where}: PFS group {more} not {rest}",
        "{where}: Diffie-Hellman group {more}",
        tells=(Told(Symptom.PFS_MISSING, Phase.TWO), Refused(Phase.TWO, "pfs")),
        where=WORD,
        more=PHRASE,
        rest=PHRASE,
    ),
    recalled(
        "mode refused",
        "{where}: encapsulation mode {more}",
        "{where}: invalid transform mode {more}",
        "{where}: mode {more} not supported",
        tells=Refused(Phase.TWO, "mode"),
        where=WORD,
        more=PHRASE,
    ),
)

MAPS = (
    shown(
        "crypto map found",
        "{where}: Map found {map}, {number}",
        "{where}: Map found {map}",
        where=WORD,
        map=WORD,
        number=NUMBER,
    ),
    shown(
        "crypto map entry taken",
        "{where}: Map Accepted: {map}, {number}",
        tells=Agreed(Phase.TWO),
        where=WORD,
        map=WORD,
        number=NUMBER,
    ),
    shown(
        "no crypto map fits",
        "map_db_find_best did not find matching map",
        "map_db_find_best: {more}",
        "map_db_check_isakmp_profile profile did not match",
        "map_db_check_isakmp_profile: {more}",
        "proxy_match: no match {more}",
        tells=Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO),
        more=PHRASE,
    ),
    shown(
        "crypto map searched",
        "Crypto mapdb : proxy_match",
        "Crypto mapdb: proxy_match",
        "Crypto mapdb : {more}",
        "kei_proxy: {more}",
        "proxy_match",
        "{where}: head = {more}",
        "{where}: reconnecting with the same proxies and {more}",
        "{where}: reconnecting with the same proxies and peer {more}",
        "{where}: No outbound SA found for peer {more}",
        "{where}: No outbound SA found {more}",
        "add mtree: {more}",
        "delete mtree: {more}",
        "rte_mgr: {more}",
        "insert of map into mapdb AVL failed, map + ace pair already exists on the mapdb",
        "insert of map into mapdb AVL failed {more}",
        "insert of map into mapdb AVL {more}",
        where=WORD,
        more=PHRASE,
    ),
    recalled(
        "no crypto map for the traffic",
        "{where}: no crypto map {more}",
        "{where}: cryptomap not found {more}",
        "{where}: Packet dropped because cryptomap policy is not found {more}",
        "{where}: CRYPTO: Packet dropped because cryptomap policy is not found {more}",
        tells=Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO),
        where=WORD,
        more=PHRASE,
    ),
)

SAS = (
    shown("IPsec SAs set up", "initialize_sas", tells=_initialized),
    shown("IPsec SA made", "create_sa: sa created", tells=_made),
    shown(
        "IPsec SA deleted",
        "delete_sa: deleting SA",
        "delete_sa: SA found saving DEL kmi",
        "delete_sa",
        "key_engine_delete_sas: delete SA with spi {spi} proto {protocol} for {peer}",
        "key_engine_delete_sas: delete SA with spi {spi} proto {protocol} for {more}",
        "key_engine_delete_sas: delete SA with spi {spi}/{protocol} for {peer}",
        "key_engine_delete_sas: delete all SAs shared with peer {peer}",
        "key_engine_delete_sas: delete all SAs shared with {more}",
        tells=_gone,
        spi=SPI,
        protocol=NUMBER,
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "IPsec SA's lifetime over",
        "{where}: expired SA {more}",
        "lifetime_expiry: SA lifetime threshold reached, expiring in {seconds} seconds",
        "lifetime_expiry: {more}",
        "sibling_notify_lifetime_expiry: {more}",
        "early_age_out_sibling: sibling outbound SPI {spi} expiring in {seconds} seconds due to it's a duplicate SA",
        "early_age_out_sibling: {more}",
        where=WORD,
        more=PHRASE,
        seconds=NUMBER,
        spi=SPI,
    ),
    recalled(
        "IPsec bookkeeping",
        "still in use sa: {more}",
        "update_current_outbound_sa: {more}",
        "still_in_use: {more}",
        "key_engine_delete_sas: rec'd delete notify from ISAKMP",
        "key_engine_enable_outbound: rec'd enable notify from ISAKMP",
        "key_engine_enable_outbound: enable SA with spi {more}",
        "key_engine: got a queue event with {number} KMI message(s)",
        "key_engine: got a queue event with {number} kei messages",
        "key_engine: got a queue event",
        "key_engine: {more}",
        "ident_delete_notify_kmi: {more}",
        "ident_update_final_flow_stats: {more}",
        "send_delete_notify_kmi: {more}",
        "update_sa_counters: {more}",
        "ipsec_process_dpd: {more}",
        "epa_des_crypt: {more}",
        "spi_response: getting spi {more}",
        "spi_response: {more}",
        "sa_initiate: ACL = {more}",
        "sa_initiate: {more}",
        "crypto_ipsec_{more}",
        "ipsec_get_crypto_session_id: {more}",
        "get_old_outbound_sa_for_peer: {more}",
        "check_delete_duplicate_sa_bundle: {more}",
        "MESSAGE: {more}",
        "ERROR: {more}",
        "STATES: {more}",
        "INTERNAL ERROR: {more}",
        "policy_db_{more}",
        "cipher_{more}",
        "recalculate_mtu: {more}",
        "adjust_mtu: {more}",
        "get_sa_{more}",
        "sadb_{more}",
        "delete_sa_{more}",
        "clear_{more}",
        "find_{more}",
        "crypto_map_{more}",
        "socket {more}",
        number=NUMBER,
        more=PHRASE,
    ),
    recalled(
        "inner packet does not fit",
        "{where}: decrypted packet failed SA identity check",
        "{where}: decrypted packet failed SA identity check {more}",
        tells=Told(Symptom.INNER_MISMATCH, Phase.TWO),
        where=WORD,
        more=PHRASE,
    ),
)

LISTED = (
    shown(
        "SA listed",
        "inbound SA from {peer} to {own} (f/i) {more}",
        "inbound SA from {peer} to {own} {more}",
        "inbound SA from {peer} to {own}",
        "inbound SA has spi {spi}",
        "outbound SA from {own} to {peer} (f/i) {more}",
        "outbound SA from {own} to {peer} {more}",
        "outbound SA from {own} to {peer}",
        peer=ADDRESS,
        own=ADDRESS,
        more=PHRASE,
        spi=SPI,
    ),
    shown(
        "SA listed, more",
        "has spi {spi} and conn_id {number} and flags {more}",
        "has spi {spi} and conn_id {number}",
        "lifetime of {number} seconds",
        "lifetime of {number} kilobytes",
        "has client flags {more}",
        spi=SPI,
        number=NUMBER,
        more=PHRASE,
    ),
)
