"""Every diagnosis, declared; in the order of the reference page."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain

from mainmode.explain.diagnoses import phase2, silence
from mainmode.explain.diagnoses.declaration import Diagnosis
from mainmode.explain.diagnoses.devices import DEVICES
from mainmode.explain.diagnoses.endings import ENDINGS
from mainmode.explain.diagnoses.entries import ENTRIES
from mainmode.explain.diagnoses.keys import KEYS
from mainmode.explain.diagnoses.packets import PACKETS
from mainmode.explain.diagnoses.proposals import PROPOSALS
from mainmode.explain.diagnoses.remarks import REMARKS

_NO_ANSWER = replace(
    silence.NO_ANSWER, find=lambda case: chain(silence.NO_ANSWER.find(case), phase2.phase2_silence(case))
)

DIAGNOSES: Mapping[str, Diagnosis] = {
    one.code: one
    for one in (
        *PROPOSALS,
        *KEYS,
        _NO_ANSWER,
        *(one for one in silence.SILENCE if one.code != "NO_ANSWER"),
        *DEVICES,
        *ENTRIES,
        *ENDINGS,
        *PACKETS,
        *REMARKS,
    )
}
"""By code."""
