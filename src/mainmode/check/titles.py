"""What a trouble is called: as the explainer calls it, and by a name of its own what leaves no line in a log."""

from collections.abc import Mapping

from mainmode.explain.diagnoses import DIAGNOSES

_OWN: Mapping[str, str] = {
    "DENIED": "An access list or a security level denies the traffic",
    "INTERFACE_DOWN": "An interface is shut down",
    "NOT_INTERESTING": "The traffic belongs to no tunnel",
    "NO_REPLY": "The tunnel is up, and no reply comes back",
    "NO_ROUTE": "No route leads the traffic into the tunnel, or out of it to its host",
    "PEER_REFUSED": "The peer refuses the negotiation",
    "REROUTED": "The peer is reached by another interface",
    "RUN_ENDED": "The negotiation came to no end",
}
"""Titles of causes that no log tells, or that a log tells with less."""


def title_of(code: str) -> str:
    """The title of a code of `lab.causes`."""
    own = _OWN.get(code)
    if own is not None:
        return own
    diagnosis = DIAGNOSES.get(code)
    return diagnosis.title if diagnosis is not None else code.replace("_", " ").capitalize()
