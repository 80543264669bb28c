"""All that ASAs, PIXes and FTDs say beyond our own device's lines, by what it is about, in the order of trying."""

from collections.abc import Mapping

from mainmode.catalogue.dialects.asa_around import AROUND, CERTIFICATES
from mainmode.catalogue.dialects.asa_data_path import DEBUG_IPSEC, ESP, PIX6_SYSLOG, SYSLOG_SAS
from mainmode.catalogue.dialects.asa_manager import IKEV2, MANAGER
from mainmode.catalogue.dialects.asa_phase1 import PHASE1
from mainmode.catalogue.dialects.asa_phase2 import PHASE2
from mainmode.catalogue.dialects.asa_remote_access import AAA, REMOTE_ACCESS_SAYINGS
from mainmode.catalogue.phrasebook import Saying

TUNNEL = "tunnel"
"""The subject of debug lines, and of message ids that no other subject has."""
SUBJECTS: Mapping[str, str] = {
    "717": "certificates",
    "750": "ikev2",
    "751": "ikev2",
    **dict.fromkeys(("106", "110", "305", "313", "710"), "around"),
    **dict.fromkeys(("109", "113", "611", "722"), "aaa"),
    **dict.fromkeys(("402", "602", "702"), "data path"),
}
"""What message ids are about, by their first three digits."""
ASA_SAYINGS: Mapping[str, tuple[Saying, ...]] = {
    TUNNEL: (*PHASE1, *PHASE2, *MANAGER, *REMOTE_ACCESS_SAYINGS, *SYSLOG_SAS, *ESP, *DEBUG_IPSEC),
    "certificates": CERTIFICATES,
    "ikev2": IKEV2,
    "around": AROUND,
    "aaa": AAA,
    "data path": (*SYSLOG_SAS, *ESP, *PIX6_SYSLOG),
}
