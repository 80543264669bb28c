"""Phase 1 when it goes well, in main mode with a pre-shared key."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import Agreed, Group, Phase, Timer, Up
from mainmode.catalogue.kinds import NAME, NUMBER, ROLE, choice
from mainmode.catalogue.origins import GUIDE, NOTE, NOTE_GUIDE, NOTE_MSG4, RECALLED

OAKLEY_ACCEPTABLE = entry(
    "OAKLEY_ACCEPTABLE",
    "Oakley proposal is acceptable",
    Channel.IKE_DEBUG,
    "7-713906",
    NOTE_MSG4,
    "A phase 1 proposal of the peer can be used.",
    tells=Agreed(Phase.ONE),
)
IKE_TRANSFORM_ACCEPTABLE = entry(
    "IKE_TRANSFORM_ACCEPTABLE",
    "IKE SA Proposal # {proposal}, Transform # {transform} acceptable  Matches global IKE entry # {policy}",
    Channel.IKE_DEBUG,
    "7-715028",
    NOTE_GUIDE,
    "Which of the peer's phase 1 transforms was chosen, and the place of the IKE policy that it equals.",
    proposal=NUMBER,
    transform=NUMBER,
    policy=NUMBER,
    tells=lambda values: (Agreed(Phase.ONE, matched=str(values["policy"])),),
)
LANDED_ON_GROUP = entry(
    "LANDED_ON_GROUP",
    "Connection landed on tunnel_group {group}",
    Channel.IKE,
    "7-713906",
    NOTE,
    "The tunnel-group, and with it the pre-shared key, that serves this peer.",
    group=NAME,
    tells=lambda values: (Group(values["group"]),),
)
GENERATING_KEYS = entry(
    "GENERATING_KEYS",
    "Generating keys for {role}...",
    Channel.IKE_DEBUG,
    "7-713906",
    NOTE.but("the responder's form is recalled"),
    "The phase 1 keys are computed from the Diffie-Hellman secret, the nonces and the pre-shared key.",
    role=ROLE,
)
COMPUTING_HASH = entry(
    "COMPUTING_HASH",
    "Computing hash for ISAKMP",
    Channel.IKE_DEBUG,
    "7-715076",
    GUIDE,
    "The hash that proves the pre-shared key is computed, to send it or to compare it with the peer's.",
)
OAKLEY_BEGIN_QM = entry(
    "OAKLEY_BEGIN_QM",
    "Oakley begin quick mode",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "Phase 1 is done on this side and phase 2 begins.",
)
PHASE1_COMPLETED = entry(
    "PHASE1_COMPLETED",
    "PHASE 1 COMPLETED",
    Channel.IKE,
    "5-713119",
    NOTE_GUIDE,
    "The IKE SA is up: both sides proved the pre-shared key.",
    tells=Up(Phase.ONE),
)
KEEPALIVE_TYPE = entry(
    "KEEPALIVE_TYPE",
    "Keep-alive type for this connection: {type}",
    Channel.IKE,
    "7-713121",
    GUIDE.but("values recalled"),
    "How the peers find out that the other one is gone.",
    type=choice("keepalive type", "DPD", "None"),
)
P1_REKEY_TIMER = entry(
    "P1_REKEY_TIMER",
    "Starting P1 rekey timer: {seconds} seconds.",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "After this time the IKE SA is renewed.",
    seconds=NUMBER,
    tells=lambda values: (Timer("rekey", Phase.ONE, values["seconds"]),),
)
