"""charon: the end of CHILD_SAs and of the IKE SA, and dead peers."""

from typing import Any

from mainmode.catalogue.dialects.charon_parts import END, MORE, RUNS, SA_NAME
from mainmode.catalogue.dialects.parts import LIST, NUMBER, QUOTED, SELECTORS, SPI, WORD, part
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Carried,
    Deleted,
    Down,
    GaveUp,
    Phase,
    Spi,
    Symptom,
    Told,
    Way,
    Whose,
    Why,
)
from mainmode.catalogue.origins import RECALLED
from mainmode.catalogue.phrasebook import Values, says


def _closing(values: Values) -> Facts:
    return (
        Down(Phase.TWO, Why.UNSAID),
        *((Carried(values["sent"], values["received"], whole=True),) if "sent" in values else ()),
        Spi(values["inbound"], Whose.OWN),
        Spi(values["outbound"], Whose.PEER),
    )


PAREN = part("text inside parentheses", r"[^()\n]{1,64}")


COMMAND = part("command", "initiate|terminate|rekey|redirect|install|uninstall|unload|load")


_PARTS: Any = {
    "name": SA_NAME,
    "number": NUMBER,
    "inbound": SPI,
    "outbound": SPI,
    "own": SELECTORS,
    "peer": SELECTORS,
    "sent": NUMBER,
    "received": NUMBER,
}


SAYINGS = (
    says(
        "charon.child closing",
        "closing CHILD_SA {name}{{number}} with SPIs {inbound}_i ({received} bytes) {outbound}_o ({sent} bytes) "
        "and TS {own} === {peer}",
        "closing CHILD_SA {name}{{number}} with SPIs {inbound}_i ({received} bytes, {rest}) {outbound}_o "
        "({sent} bytes, {more}) and TS {own} === {peer}",
        "closing CHILD_SA {name}{{number}} with SPIs {inbound}_i ({received} bytes) {outbound}_o "
        "({sent} bytes, {more}) and TS {own} === {peer}",
        "closing CHILD_SA {name}{{number}} with SPIs {inbound}_i ({received} bytes, {rest}) {outbound}_o "
        "({sent} bytes) and TS {own} === {peer}",
        origin=MORE,
        tells=_closing,
        rest=PAREN,
        more=PAREN,
        **_PARTS,
    ),
    says(
        "charon.child closed by",
        "closing expired CHILD_SA {name}{{number}} with SPIs {inbound}_i {outbound}_o and TS {own} === {peer}",
        origin=RECALLED,
        tells=lambda values: (Down(Phase.TWO, Why.LIFETIME), *_closing(values)[1:]),
        **_PARTS,
    ),
    says(
        "charon.child delete sent",
        "sending DELETE for {protocol} CHILD_SA with SPI {spi}",
        origin=RUNS,
        tells=lambda values: (Deleted(Way.SENT, Phase.TWO, (values["spi"],)),),
        protocol=WORD,
        spi=SPI,
    ),
    says(
        "charon.child delete received",
        "received DELETE for {protocol} CHILD_SA with SPI {spi}",
        origin=RUNS,
        tells=lambda values: (Deleted(Way.RECEIVED, Phase.TWO, (values["spi"],)), Down(Phase.TWO, Why.PEER)),
        protocol=WORD,
        spi=SPI,
    ),
    says(
        "charon.child delete unknown",
        "received DELETE for {protocol} CHILD_SA with SPI {spi}, but no such SA",
        "received DELETE for unknown {protocol} CHILD_SA with SPI {spi}",
        "CHILD_SA not found, ignored",
        origin=RECALLED,
        protocol=WORD,
        spi=SPI,
    ),
    says(
        "charon.delete sent",
        "sending DELETE for IKE_SA {name}[{number}]",
        origin=RUNS,
        tells=Deleted(Way.SENT, Phase.ONE),
        name=SA_NAME,
        number=NUMBER,
    ),
    says(
        "charon.delete received",
        "received DELETE for IKE_SA {name}[{number}]",
        origin=RUNS,
        tells=(Deleted(Way.RECEIVED, Phase.ONE), Down(Phase.ONE, Why.PEER)),
        name=SA_NAME,
        number=NUMBER,
    ),
    says(
        "charon.delete received, other",
        "received DELETE for different IKE_SA, ignored",
        "received DELETE for unknown {rest}",
        origin=RECALLED,
        rest=LIST,
    ),
    says(
        "charon.deleting",
        "deleting IKE_SA {name}[{number}] between {own}...{peer}",
        origin=RUNS,
        tells=Down(Phase.ONE, Why.UNSAID),
        name=SA_NAME,
        number=NUMBER,
        own=END,
        peer=END,
    ),
    says(
        "charon.terminated here",
        "vici terminate IKE_SA '{name}'",
        "vici terminate CHILD_SA '{name}'",
        "vici terminate IKE_SA #{number}",
        "vici terminate CHILD_SA #{number}",
        "vici terminate {rest}",
        "received stroke: terminate '{name}'",
        "received stroke: unroute '{name}'",
        "received stroke: delete connection '{name}'",
        "removed vici connection: {name}",
        origin=MORE,
        tells=Down(None, Why.ADMIN),
        name=QUOTED,
        number=NUMBER,
        rest=LIST,
    ),
    says(
        "charon.peer lost",
        "DPD check timed out, enforcing DPD action",
        "DPD check timed out, {rest}",
        origin=MORE,
        tells=(Told(Symptom.PEER_LOST), Down(None, Why.LOST)),
        rest=LIST,
    ),
    says("charon.DPD", "sending DPD request", origin=RUNS),
    says(
        "charon.DPD out of turn",
        "received invalid DPD sequence number {rest}",
        "ignoring DPD acknowledgement {rest}",
        "received DPD_ACK with unexpected sequence number {rest}",
        origin=RECALLED,
        tells=Told(Symptom.UNEXPECTED),
        rest=LIST,
    ),
    says(
        "charon.idle",
        "deleting CHILD_SA after {seconds} seconds of inactivity",
        "deleting IKE_SA after {seconds} seconds of CHILD_SA inactivity",
        origin=RECALLED,
        tells=Down(Phase.TWO, Why.IDLE),
        seconds=NUMBER,
    ),
    says(
        "charon.restarting",
        "restarting CHILD_SA {name}",
        "unable to reestablish IKE_SA due to asymmetric setup",
        "unable to reestablish IKE_SA {rest}",
        "unable to resolve {host}, initiate aborted",
        "unable to resolve {host}, retrying in {seconds}s",
        "unable to initiate to %any",
        "unable to initiate to {host}",
        "destroying IKE_SA in state {rest}",
        "tried to checkin and delete nonexisting IKE_SA",
        "peer initiated rekeying, {rest}",
        "peer not responding to {rest}",
        "deleting duplicate IKE_SA for peer '{name}' due to uniqueness policy",
        "deleting duplicate IKE_SA for peer '{name}' due to {rest}",
        "destroying duplicate IKE_SA for peer '{name}', received INITIAL_CONTACT",
        "received DELETE {rest}",
        origin=RECALLED,
        name=QUOTED,
        host=WORD,
        seconds=NUMBER,
        rest=LIST,
    ),
    says(
        "charon.command done",
        "{command} completed successfully",
        "connection '{name}' established successfully",
        "IKE_SA [{number}] closed successfully",
        "closing IKE_SA [{number}] {rest}",
        "CHILD_SA {{number}} closed successfully",
        origin=MORE,
        command=COMMAND,
        name=QUOTED,
        number=NUMBER,
        rest=LIST,
    ),
    says(
        "charon.command failed",
        "initiate failed: establishing {kind} '{name}' failed",
        "initiate failed: {kind} '{name}' not established after {time}",
        "initiate failed: {rest}",
        "establishing connection '{name}' failed",
        "command failed: {rest}",
        "rekey failed: {rest}",
        "terminate failed: {rest}",
        origin=MORE,
        tells=GaveUp(None),
        kind=WORD,
        name=QUOTED,
        time=WORD,
        rest=LIST,
    ),
)
"""Every saying about endings."""
