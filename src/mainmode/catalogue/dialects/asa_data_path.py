"""ASA, PIX and FTD: `debug crypto ipsec`, and what the data path says to the system log (402xxx, 602xxx, 702xxx)."""

from mainmode.catalogue.dialects.asa_parts import AFTER_GUIDE, asa
from mainmode.catalogue.facts import (
    Began,
    Deleted,
    Down,
    Exchange,
    Message,
    Phase,
    Symptom,
    Told,
    Up,
    Wanted,
    Way,
    Why,
)
from mainmode.catalogue.origins import RECALLED
from mainmode.catalogue.phrasebook import Facts, Saying, Values
from mainmode.catalogue.telling import hex8, spi_by_direction, told, unknown_spi

_ESP = "IPSEC: Received an ESP packet (SPI= {spi}, sequence number= {name} from {peer} "


def _made(values: Values) -> Facts:
    number = hex8(values["spi"])
    return (Up(Phase.TWO, None, number) if values["direction"] == "inbound" else Up(Phase.TWO, None, "", number),)


def _gone(values: Values) -> Facts:
    return (Down(Phase.TWO, Why.UNSAID), *spi_by_direction(values))


DEBUG_IPSEC: tuple[Saying, ...] = (
    asa(
        "MAP_CHECK",
        "IPSEC(crypto_map_check)-{number}: Looking for crypto map matching {words}",
        tells=Wanted(),
    ),
    asa(
        "MAP_CHECK_NONE",
        "IPSEC(crypto_map_check)-{number}: Error: No crypto map matched.{words}",
        "IPSEC(crypto_map_check)-{number}: No crypto map matched.{words}",
        tells=Told(Symptom.NOT_INTERESTING, None),
    ),
    asa(
        "MAP_CHECK_INCOMPLETE",
        "IPSEC(crypto_map_check)-{number}: Checking crypto map {map} {sequence}: skipping incomplete map. {words}",
        "IPSEC(crypto_map_check)-{number}: Checking crypto map {map} {sequence}: skipping incomplete {words}",
        tells=told(Symptom.ENTRY_INCOMPLETE, Phase.TWO, "{map} {sequence}"),
    ),
    asa(
        "MAP_CHECK_STEP",
        "IPSEC(crypto_map_check)-{number}: {words}",
        "IPSEC({name})-{number}: {words}",
    ),
    asa(
        "IPSEC_ERROR",
        "IPSEC ERROR: {words}",
        "IPSEC WARNING: {words}",
        tells=told(Symptom.CATCH_ALL, Phase.TWO, "{words}"),
    ),
    asa(
        "IPSEC_STEP",
        "IPSEC DEBUG: {words}",
        "IPSEC INFO: {words}",
        "IPSEC: Using {words}",
        "IPSEC: Increment {words}",
        "IPSEC: Decrement {words}",
        "IPSEC: Adding {words}",
        "IPSEC: Updating {words}",
        "IPSEC: Creating {words}",
        "IPSEC: Completed {words}",
        "IPSEC: Deleted {words}",
        "IPSEC: Deleting {words}",
        "IPSEC: Destroy {words}",
        "IPSEC: Destroying {words}",
        "IPSEC: New {words}",
        "IPSEC: Getting {words}",
        "IPSEC: Parsing {words}",
        "IPSEC: Received a PFKey {words}",
        "IPSEC: Set{words}",
        "IPSEC: Rule {words}",
        "IPSEC: Reusing {words}",
        "IPSEC: Freeing {words}",
        "IPSEC: SA {words}",
        "IPSEC: Outbound {words}",
        "IPSEC: Inbound {words}",
        "IPSEC: Sent {words}",
        "IPSEC: Processing {words}",
        origin=RECALLED,
    ),
    asa("IPSEC_UPPER", "IPSec: {words}", "IPSEC HA: {words}", "CRYPTO_PKI: {words}", "CRYPTO: {words}"),
)

ESP: tuple[Saying, ...] = (
    asa(
        "SPI_UNKNOWN",
        _ESP + "to {local} with an invalid SPI{words}",
        _ESP + "(user= {words}) to {local} with an invalid SPI{more}",
        origin=AFTER_GUIDE,
        tells=unknown_spi,
    ),
    asa(
        "SPI_UNKNOWN_OLD",
        "decaps: rec'd IPSEC packet has invalid spi for destaddr={local}, prot={words}, spi={more}",
        "decapsulate: packet missing {words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.UNKNOWN_SPI, Phase.TWO),
    ),
    asa(
        "REPLAYED",
        _ESP + "{words} failed anti-replay checking{more}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.REPLAY, Phase.TWO),
    ),
    asa(
        "NOT_AUTHENTIC",
        _ESP + "{words} failed authentication{more}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.INTEGRITY, Phase.TWO),
    ),
    asa(
        "OUTSIDE",
        _ESP + "{words} doesn't match the negotiated policy in the SA{more}",
        "identity doesn't match negotiated identity {words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.INNER_MISMATCH, Phase.TWO),
    ),
    asa(
        "BAD_PADDING",
        "CRYPTO: Received an ESP packet (SPI = {words} with incorrect IPsec padding{more}",
        "CRYPTO: Received an ESP packet {words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.INTEGRITY, Phase.TWO),
    ),
    asa(
        "ESP_WORDS",
        _ESP + "{words}",
        "IPSEC: Received an ESP packet {words}",
        "IPSEC: Received an AH packet {words}",
        "IPSEC: Received a packet {words}",
        "IPSEC: Received a {words}",
        "IPSEC: Received an {words}",
        origin=AFTER_GUIDE,
    ),
    asa(
        "CLEAR",
        "IPSEC: Received a non-IPSec packet {words}",
        "Rec'd packet not an IPSEC packet {words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.CLEAR_TEXT, Phase.TWO),
    ),
    asa("ACCELERATOR", "CRYPTO: The {words}", "CRYPTO: An {words}", "CRYPTO: {words}", origin=AFTER_GUIDE),
)

SYSLOG_SAS: tuple[Saying, ...] = (
    asa(
        "SA_MADE",
        "IPSEC: An {direction} {words} SA (SPI= {spi}) between {local} and {peer} (user= {user} has been created.",
        "IPSEC: An {direction} {words} SA (SPI= {spi}) between {local} and {peer} has been created.",
        origin=AFTER_GUIDE,
        tells=_made,
    ),
    asa(
        "SA_GONE",
        "IPSEC: An {direction} {words} SA (SPI= {spi}) between {local} and {peer} (user= {user} has been deleted.",
        "IPSEC: An {direction} {words} SA (SPI= {spi}) between {local} and {peer} has been deleted.",
        origin=AFTER_GUIDE,
        tells=_gone,
    ),
    asa(
        "SA_ROLLS",
        "IPSEC: An {direction} {words} SA (SPI= {spi}) between {local} and {peer} (user= {user} "
        "is rekeying due to {more}",
        "IPSEC: An {direction} {words} SA (SPI= {spi}) between {local} and {peer} is rekeying due to {more}",
        origin=AFTER_GUIDE,
        tells=spi_by_direction,
    ),
    asa(
        "SA_TROUBLE",
        "IPSEC: SA creation error{words}",
        "IPSEC: SA deletion error{words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.CATCH_ALL, Phase.TWO),
    ),
    asa(
        "MTU",
        "PMTU-D packet {words}",
        "Adjusting IPSec tunnel mtu{words}",
        "IPSEC: Received an ICMP Destination Unreachable {words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.PATH_MTU, Phase.TWO),
    ),
    asa(
        "SA_MADE_OLD",
        "sa created, (sa) sa_dest= {address}, sa_prot= {number}, sa_spi= {spi}({words}), sa_trans= {more}",
        origin=AFTER_GUIDE,
        tells=Up(Phase.TWO),
    ),
    asa(
        "SA_GONE_OLD",
        "deleting SA, (sa) {words}",
        "deleting sa, (sa) {words}",
        origin=AFTER_GUIDE,
        tells=Down(Phase.TWO, Why.UNSAID),
    ),
    asa("SA_AGES_OLD", "lifetime expiring, (sa) {words}", "replay rollover detected{words}", origin=AFTER_GUIDE),
    asa("SA_ASKED_OLD", "sa_request, (key eng. msg.) {words}", origin=AFTER_GUIDE, tells=Wanted()),
)


_ENDS = "(local {local} ({role}), remote {peer})"
_ENDS_PORT = "(local {local}/{port} ({role}), remote {peer}/{other_port}{words})"


def _isakmp(text: str) -> tuple[str, ...]:
    return f"ISAKMP {text} {_ENDS}", f"ISAKMP {text} {_ENDS_PORT}", f"ISAKMP {text}{{more}}"


PIX6_SYSLOG: tuple[Saying, ...] = (
    asa(
        "OLD_P1_CREATED",
        "ISAKMP Phase 1 SA created (local {local}/{port} ({role}), remote {peer}/{other_port}, {words}",
        origin=AFTER_GUIDE,
        tells=Up(Phase.ONE),
    ),
    asa("OLD_CONNECTED", *_isakmp("session connected"), origin=AFTER_GUIDE, tells=Up(Phase.ONE)),
    asa("OLD_DISCONNECTED", *_isakmp("session disconnected"), origin=AFTER_GUIDE, tells=Down(None, Why.UNSAID)),
    asa(
        "OLD_P1_DELETE_RECEIVED",
        *_isakmp("Phase 1 delete received"),
        origin=AFTER_GUIDE,
        tells=Deleted(Way.RECEIVED, Phase.ONE),
    ),
    asa("OLD_P1_DELETE_SENT", *_isakmp("Phase 1 delete sent"), origin=AFTER_GUIDE, tells=Deleted(Way.SENT, Phase.ONE)),
    asa(
        "OLD_DPD",
        *_isakmp("DPD timed out"),
        origin=AFTER_GUIDE,
        tells=(Told(Symptom.PEER_LOST), Down(None, Why.LOST, "DPD timed out")),
    ),
    asa(
        "OLD_P1_AGAIN",
        *_isakmp("Phase 1 retransmission"),
        origin=AFTER_GUIDE,
        tells=Message(Way.SENT, Exchange.MAIN, again=True),
    ),
    asa(
        "OLD_P2_AGAIN",
        *_isakmp("Phase 2 retransmission"),
        origin=AFTER_GUIDE,
        tells=Message(Way.SENT, Exchange.QUICK, again=True),
    ),
    asa("OLD_MALFORMED", *_isakmp("malformed payload received"), origin=AFTER_GUIDE, tells=Told(Symptom.MALFORMED)),
    asa("OLD_DUPLICATE", *_isakmp("duplicate packet detected"), origin=AFTER_GUIDE, tells=Told(Symptom.DUPLICATE)),
    asa("OLD_P1_BEGAN", *_isakmp("Phase 1 exchange started"), origin=AFTER_GUIDE, tells=Began(Phase.ONE)),
    asa("OLD_P2_BEGAN", *_isakmp("Phase 2 exchange started"), origin=AFTER_GUIDE, tells=Began(Phase.TWO)),
    asa("OLD_P1_DONE", *_isakmp("Phase 1 exchange completed"), origin=AFTER_GUIDE, tells=Up(Phase.ONE)),
    asa("OLD_P2_DONE", *_isakmp("Phase 2 exchange completed"), origin=AFTER_GUIDE, tells=Up(Phase.TWO)),
    asa("OLD_REKEY", *_isakmp("Phase 1 initiating rekey"), origin=AFTER_GUIDE, tells=Began(Phase.ONE, rekey=True)),
)
