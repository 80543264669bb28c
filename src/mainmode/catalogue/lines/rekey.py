"""Renewing SAs before their lifetime ends."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import Deleted, Down, Phase, Symptom, Told, Way, Whose, Why
from mainmode.catalogue.kinds import HEX, IPV4, NUMBER, POINTER, choice
from mainmode.catalogue.origins import GUIDE
from mainmode.catalogue.telling import lifetime, spi_of

PITCHER_REKEY = entry(
    "PITCHER_REKEY",
    "Pitcher: received {message}, spi {spi}",
    Channel.IKE_DEBUG,
    "7-715077",
    GUIDE.but("the words are in its list, the sentence recalled"),
    "The data path tells that an SA must be renewed or is used for the first time.",
    message=choice("message", "KEY_REKEY_IB", "KEY_REKEY_OB", "KEY_SA_ACTIVE"),
    spi=HEX,
    tells=lambda values: spi_of(Whose.PEER if values["message"] == "KEY_REKEY_OB" else Whose.OWN)(values),
)
PITCHER_KEY_DELETE = entry(
    "PITCHER_KEY_DELETE",
    "Pitcher: received key delete msg, spi {spi}",
    Channel.IKE_DEBUG,
    "7-715077",
    GUIDE.but("the words are in its list, the sentence recalled"),
    "The data path deleted an SA.",
    spi=HEX,
)
DELETE_FOR_REKEYED_SA = entry(
    "DELETE_FOR_REKEYED_SA",
    "IKE Received delete for rekeyed SA  IKE peer: {peer}, SA address: {address}, tunnelCnt: {tunnels}",
    Channel.IKE,
    "7-713169",
    GUIDE,
    "The peer deletes an IKE SA that was renewed already.",
    peer=IPV4,
    address=POINTER,
    tunnels=NUMBER,
    tells=Deleted(Way.RECEIVED, Phase.ONE),
)
DELETE_FOR_REKEYED_CENTRY = entry(
    "DELETE_FOR_REKEYED_CENTRY",
    "IKE Received delete for rekeyed centry  IKE peer: {peer}, centry address: {address}, msgid: {message_id}",
    Channel.IKE,
    "7-713170",
    GUIDE,
    "The peer deletes an IPsec SA that was renewed already.",
    peer=IPV4,
    address=POINTER,
    message_id=HEX,
    tells=Deleted(Way.RECEIVED, Phase.TWO),
)
CANNOT_TRANSITION = entry(
    "CANNOT_TRANSITION",
    "Old P1 SA is being deleted but new SA is DEAD, cannot transition centries",
    Channel.IKE_DEBUG,
    "7-715052",
    GUIDE,
    "The renewed IKE SA failed, so the tunnels of the old one end with it.",
    tells=Down(Phase.ONE, Why.FAILED, "the new SA is dead"),
)
PHASE1_REKEY_COLLISION = entry(
    "PHASE1_REKEY_COLLISION",
    "Failure during phase 1 rekeying attempt due to collision",
    Channel.IKE,
    "5-713092",
    GUIDE,
    "Both sides renewed phase 1 at once.",
    tells=Told(Symptom.COLLISION, Phase.ONE),
)
REKEY_DUPLICATE_SA = entry(
    "REKEY_DUPLICATE_SA",
    "QM IsRekeyed: duplicate sa found by address, deleting old sa",
    Channel.IKE_DEBUG,
    "7-715068",
    GUIDE,
    "The quick mode replaces an older tunnel between the same addresses.",
    tells=Down(Phase.TWO, Why.REPLACED, "duplicate sa found by address"),
)
REKEY_OTHER_PEER = entry(
    "REKEY_OTHER_PEER",
    "QM IsRekeyed: existing sa from different peer, rejecting new sa",
    Channel.IKE_DEBUG,
    "7-715067",
    GUIDE,
    "Another peer has a tunnel between these addresses; the new one is refused.",
    tells=Told(Symptom.UNEXPECTED, Phase.TWO, "another peer has a tunnel between these addresses"),
)
RESPONDER_FORCING_PHASE1 = entry(
    "RESPONDER_FORCING_PHASE1",
    "Responder forcing change of Phase 1 rekeying duration from {before} to {after} seconds",
    Channel.IKE,
    "5-713073",
    GUIDE,
    "The responder wants a shorter IKE lifetime, and gets it.",
    before=NUMBER,
    after=NUMBER,
    tells=lifetime(Phase.ONE, Whose.PEER),
)
