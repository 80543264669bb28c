"""The packaged pair with single faults written into it, and short ways to run them. Imported by the lab's tests."""

from dataclasses import replace
from functools import cache
from importlib.resources import files

from mainmode.device.config.reader import read
from mainmode.lab.facing import Pair
from mainmode.lab.link import Link
from mainmode.lab.run import Order, Result, run
from mainmode.ladder.transcript import Side

_EXAMPLES = files("mainmode.lab") / "examples"
TEXTS = {side: (_EXAMPLES / f"asa{number}.cfg").read_text("utf-8") for side, number in ((Side.A, 1), (Side.B, 2))}
NAMES = {Side.A: "asa1.cfg", Side.B: "asa2.cfg"}


def changed(side: Side, old: str, new: str) -> Pair:
    """The packaged pair with one text replaced on one side; the text must be there."""
    if old not in TEXTS[side]:
        raise ValueError(f"{NAMES[side]} has no {old!r}")
    texts = TEXTS | {side: TEXTS[side].replace(old, new)}
    return {one: read(texts[one], NAMES[one]) for one in Side}


@cache
def healthy(seed: int = 1) -> Result:
    """The packaged pair as it is."""
    return run(order(seed=seed))


def order(pair: Pair | None = None, seed: int = 1, link: Link | None = None, starter: Side = Side.A) -> Order:
    """An order for a pair, the packaged one by default."""
    chosen = pair or {side: read(TEXTS[side], NAMES[side]) for side in Side}
    made = Order(chosen, seed, starter, shows=("crypto isakmp sa", "crypto ipsec sa"))
    return made if link is None else replace(made, link=link)
