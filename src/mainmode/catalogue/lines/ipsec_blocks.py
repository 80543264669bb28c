"""What `debug crypto ipsec` shows: key messages, embryonic SAs, VPN contexts and rules. Blocks of several lines."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel, Entry
from mainmode.catalogue.facts import Whose
from mainmode.catalogue.kinds import (
    DIRECTION,
    DIRECTION_TITLE,
    HEX8_UPPER,
    IPV4,
    NAME,
    NUMBER,
    POINTER_UPPER,
    SPI_UPPER,
    TRUE_FALSE_LOWER,
    choice,
)
from mainmode.catalogue.origins import ASAV_IPSEC, NOTE, RECALLED
from mainmode.catalogue.telling import rule, spi_by_direction, spi_of

SHOWN_AT = 100
"""The debug level of the blocks: with all text lines of `debug crypto ipsec 127`."""

SA_STATE = choice("SA state", "inactive", "embryonic", "active", "dead")
RULE = choice("rule", "encrypt", "permit", "tunnel flow", "decrypt", "inner", "outer SPD")
PORT_OPERATOR = choice("port operator", "ignore", "equal", "range")

_CONTEXT = (
    "\n    Flags: {flags}\n    SA   : {sa}\n    SPI  : {spi}\n    MTU  : {mtu} bytes"
    "\n    VCID : {vcid}\n    Peer : {peer}\n    SCB  : {scb}\n    Channel: {channel}"
)
_RULE = (
    "\n    Src addr: {source}\n    Src mask: {source_mask}"
    "\n    Dst addr: {destination}\n    Dst mask: {destination_mask}"
    "\n    Src ports\n      Upper: {source_port}\n      Lower: {source_port}\n      Op   : {source_op}"
    "\n    Dst ports\n      Upper: {destination_port}\n      Lower: {destination_port}\n      Op   : {destination_op}"
    "\n    Protocol: {protocol}\n    Use protocol: {use_protocol}\n    SPI: {rule_spi}\n    Use SPI: {use_spi}"
)

EMBRYONIC_SA = entry(
    "EMBRYONIC_SA",
    "IPSEC: New embryonic SA created @ {pointer},"
    "\n    SCB: {scb},"
    "\n    Direction: {direction}"
    "\n    SPI      : {spi}"
    "\n    Session ID: {session}"
    "\n    VPIF num  : {vpif}"
    "\n    Tunnel type: {tunnel}"
    "\n    Protocol   : {protocol}"
    "\n    Lifetime   : {lifetime} seconds",
    Channel.IPSEC,
    None,
    ASAV_IPSEC.but("first line also Cisco tech note 113574"),
    "An SPI is reserved; the SA gets its keys when quick mode is done, or dies after its lifetime.",
    level=SHOWN_AT,
    pointer=POINTER_UPPER,
    scb=POINTER_UPPER,
    direction=DIRECTION,
    spi=SPI_UPPER,
    session=HEX8_UPPER,
    vpif=HEX8_UPPER,
    tunnel=NAME,
    protocol=NAME,
    lifetime=NUMBER,
    tells=spi_by_direction,
)
COMPLETED_HOST_UPDATE = entry(
    "COMPLETED_HOST_UPDATE",
    "IPSEC: Completed host {which} update, SPI {spi}",
    Channel.IPSEC,
    None,
    NOTE.but("the outbound form is recalled"),
    "The inbound (IBSA) or outbound (OBSA) SA has its keys in the data path.",
    level=SHOWN_AT,
    which=choice("SA", "IBSA", "OBSA"),
    spi=SPI_UPPER,
    tells=lambda values: spi_of(Whose.OWN if values["which"] == "IBSA" else Whose.PEER)(values),
)
CREATING_VPN_CONTEXT = entry(
    "CREATING_VPN_CONTEXT",
    "IPSEC: Creating {direction} VPN context, SPI {spi}" + _CONTEXT,
    Channel.IPSEC,
    None,
    RECALLED,
    "The data path's record of one direction is made.",
    level=SHOWN_AT,
    direction=DIRECTION,
    spi=SPI_UPPER,
    flags=HEX8_UPPER,
    sa=POINTER_UPPER,
    mtu=NUMBER,
    vcid=HEX8_UPPER,
    peer=HEX8_UPPER,
    scb=POINTER_UPPER,
    channel=POINTER_UPPER,
)
COMPLETED_VPN_CONTEXT = entry(
    "COMPLETED_VPN_CONTEXT",
    "IPSEC: Completed {direction} VPN context, SPI {spi}\n    VPN handle: {handle}",
    Channel.IPSEC,
    None,
    RECALLED,
    "The data path's record of one direction is in place, under this handle.",
    level=SHOWN_AT,
    direction=DIRECTION,
    spi=SPI_UPPER,
    handle=HEX8_UPPER,
)
UPDATING_VPN_CONTEXT = entry(
    "UPDATING_VPN_CONTEXT",
    "IPSEC: Updating {direction} VPN context {handle}, SPI {spi}",
    Channel.IPSEC,
    None,
    RECALLED,
    "The record of one direction learns of the other one.",
    level=SHOWN_AT,
    direction=DIRECTION,
    handle=HEX8_UPPER,
    spi=SPI_UPPER,
)
DELETED_VPN_CONTEXT = entry(
    "DELETED_VPN_CONTEXT",
    "IPSEC: Deleted {direction} VPN context, SPI {spi}\n    VPN handle: {handle}",
    Channel.IPSEC,
    None,
    RECALLED,
    "The data path's record of one direction is gone.",
    level=SHOWN_AT,
    direction=DIRECTION,
    spi=SPI_UPPER,
    handle=HEX8_UPPER,
)
NEW_RULE = entry(
    "NEW_RULE",
    "IPSEC: New {direction} {rule} rule, SPI {spi}" + _RULE,
    Channel.IPSEC,
    None,
    RECALLED,
    "A classifier rule of the data path: encrypt and tunnel flow rules carry the proxies, "
    "decrypt and permit rules the ESP packets between the gateways.",
    level=SHOWN_AT,
    direction=DIRECTION,
    rule=RULE,
    spi=SPI_UPPER,
    source=IPV4,
    source_mask=IPV4,
    destination=IPV4,
    destination_mask=IPV4,
    source_port=NUMBER,
    source_op=PORT_OPERATOR,
    destination_port=NUMBER,
    destination_op=PORT_OPERATOR,
    protocol=NUMBER,
    use_protocol=TRUE_FALSE_LOWER,
    rule_spi=SPI_UPPER,
    use_spi=TRUE_FALSE_LOWER,
    tells=rule,
)


def _rule_done(name: str, verb: str, meaning: str) -> Entry:
    return entry(
        name,
        f"IPSEC: {verb} {{direction}} {{rule}} rule, SPI {{spi}}\n    Rule ID: {{handle}}",
        Channel.IPSEC,
        None,
        RECALLED,
        meaning,
        level=SHOWN_AT,
        direction=DIRECTION,
        rule=RULE,
        spi=SPI_UPPER,
        handle=POINTER_UPPER,
    )


COMPLETED_RULE = _rule_done("COMPLETED_RULE", "Completed", "A rule is in place, under this id.")
DELETED_RULE = _rule_done("DELETED_RULE", "Deleted", "A rule is gone.")

RECEIVED_PFKEY = entry(
    "RECEIVED_PFKEY",
    "IPSEC: Received a PFKey message from IKE",
    Channel.IPSEC,
    None,
    ASAV_IPSEC,
    "IKE asks the data path for something.",
    level=SHOWN_AT,
)
PARSING_PFKEY = entry(
    "PARSING_PFKEY",
    "IPSEC: Parsing PFKey {message} message",
    Channel.IPSEC,
    None,
    ASAV_IPSEC.but("only GETSPI is attested"),
    "What IKE asks for.",
    level=SHOWN_AT,
    message=choice("PF_KEY message", "GETSPI", "UPDATE", "ADD", "DELETE"),
)
CREATING_IPSEC_SA = entry(
    "CREATING_IPSEC_SA",
    "IPSEC: Creating IPsec SA",
    Channel.IPSEC,
    None,
    ASAV_IPSEC,
    "A new SA is made.",
    level=SHOWN_AT,
)
GETTING_INBOUND_SPI = entry(
    "GETTING_INBOUND_SPI",
    "IPSEC: Getting the inbound SPI",
    Channel.IPSEC,
    None,
    ASAV_IPSEC,
    "An SPI that nobody uses is sought.",
    level=SHOWN_AT,
)
SA_STATE_CHANGE = entry(
    "SA_STATE_CHANGE",
    "IPSEC DEBUG: {direction} SA (SPI {spi}) state change from {before} to {after}",
    Channel.IPSEC,
    None,
    ASAV_IPSEC,
    "Where an SA is in its life.",
    level=SHOWN_AT,
    direction=DIRECTION_TITLE,
    spi=SPI_UPPER,
    before=SA_STATE,
    after=SA_STATE,
)
RECEIVED_DELETE_PFKEY = entry(
    "RECEIVED_DELETE_PFKEY",
    "IPSEC DEBUG: Received a DELETE PFKey message from IKE for an {direction} SA (SPI {spi})",
    Channel.IPSEC,
    None,
    ASAV_IPSEC,
    "IKE tells the data path to delete an SA.",
    level=SHOWN_AT,
    direction=DIRECTION,
    spi=SPI_UPPER,
)
SA_STARTED = entry(
    "SA_STARTED",
    "IPSEC DEBUG: {direction} SA (SPI {spi}) {action} started, state {state}",
    Channel.IPSEC,
    None,
    ASAV_IPSEC,
    "The SA is being destroyed or its memory freed.",
    level=SHOWN_AT,
    direction=DIRECTION_TITLE,
    spi=SPI_UPPER,
    action=choice("action", "destroy", "free"),
    state=SA_STATE,
)
SA_COMPLETED = entry(
    "SA_COMPLETED",
    "IPSEC DEBUG: {direction} SA (SPI {spi}) {action} completed",
    Channel.IPSEC,
    None,
    ASAV_IPSEC,
    "The SA is destroyed or its memory free.",
    level=SHOWN_AT,
    direction=DIRECTION_TITLE,
    spi=SPI_UPPER,
    action=choice("action", "destroy", "free"),
)
DESTROY_CURRENT_SPI = entry(
    "DESTROY_CURRENT_SPI",
    "IPSEC: Destroy current {direction} SPI: {spi}",
    Channel.IPSEC,
    None,
    ASAV_IPSEC,
    "The reserved SPI is given back.",
    level=SHOWN_AT,
    direction=DIRECTION,
    spi=SPI_UPPER,
)
