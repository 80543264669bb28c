"""Where the wording of each line comes from, and how sure it is."""

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.entry import Certainty


@dataclass(frozen=True, slots=True)
class Origin:
    """How sure a wording is, and the public source that was read for it (or what stands in for one)."""

    certainty: Certainty
    source: str

    def but(self, remark: str) -> "Origin":
        """The same origin with a reservation in words."""
        return Origin(self.certainty, f"{self.source}; {remark}")


def _attested(source: str) -> Origin:
    return Origin(Certainty.ATTESTED, source)


NOTE = _attested("Cisco tech note 113574 (ASA 9.3.2)")
NOTE_GUIDE = _attested("Cisco tech note 113574 (ASA 9.3.2); Cisco ASA syslog guide")
NOTE_MSG4 = _attested("Cisco tech note 113574 (ASA 9.3.2); public log: tunnelsup, stuck at MM_WAIT_MSG4 (ASA 8.0.4)")
GUIDE = _attested("Cisco ASA syslog guide")
MSG4 = _attested("public log: tunnelsup, stuck at MM_WAIT_MSG4 (ASA 8.0.4)")
AWS = _attested("public log: tunnelsup, ASA to AWS (ASA 9.2.2)")
UKFAST = _attested("public log: UKFast, ASA to OpenStack")
ASAV_IPSEC = _attested("public log: petenetlive, debug crypto ipsec on an ASAv")
ASAV_DPD = _attested("public log: networkerworld, DPD on an ASAv")
LINUX = _attested("public log: Linux to ASA note (8.2 style)")
PIX = _attested("public log: sample lines of a PIX log parser")
FTD = _attested("public log: FTD 2023 initiator, syslog")
RESPONDER_2013 = _attested("public log: 2013 responder, syslog")
SCRAP = _attested("public log: configuration question about a tunnel-group")
RUNT = _attested("public log: runt packet on port 4500")
REMOTE_ACCESS = _attested("public log: remote access responder, syslog")
PACKET_POLICY = _attested("public log: an inner packet outside its SA's policy, debug crypto ipsec 1")
PARSER = _attested("public log parsers and automation that expect the text")
RECALLED = Origin(Certainty.INFERRED, "recalled from fuller public listings; no source read")
OURS = Origin(Certainty.INFERRED, "worded by us; the device's own words are not known")
