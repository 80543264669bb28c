"""A warning about a pair that is up, or would be: with the evidence of the run. Values only."""

from mainmode.base.dataclass import dataclass
from mainmode.ladder.transcript import Blame


@dataclass(frozen=True, slots=True)
class Caution:
    """One warning. `code` is stable (`WEAK_PHASE_2`); `sentence` says what is so, `why` what it may cost.

    `evidence` is what the run showed (`phase 2 agreed on esp-des esp-md5-hmac for entry 1`); `places` are the lines, or
    their absence, on the sides concerned; `advice` what to do, in one sentence.
    """

    code: str
    title: str
    sentence: str
    why: str
    evidence: str
    places: tuple[Blame, ...]
    advice: str = ""
