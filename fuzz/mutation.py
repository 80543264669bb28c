"""Inputs of the datagram targets changed as what they mean: steps, messages and payloads, whose lengths stay right."""

from collections.abc import Callable, Sequence
from random import Random

from fuzz import steps
from fuzz.steps import Kind, Step

Usual = Callable[[bytes, int], bytes]
"""libFuzzer's own mutation of octets, to at most so many."""

_IN_CLEAR = (Kind.IKE, Kind.NAT_T)
_HEADER, _FIRST = 28, 16
_TYPES = (*range(1, 22), 129, 130, 131, 132)
_MORE = 24
"""Octets that a mutation may add to one payload."""

Chain = list[tuple[int, bytes]]
"""Payloads: type and body."""


def chain_of(first: int, octets: bytes) -> tuple[Chain, bytes]:
    """Payloads as far as they can be read, and what is left."""
    found: Chain = []
    while first and len(octets) >= 4:
        length = int.from_bytes(octets[2:4])
        if not 4 <= length <= len(octets):
            break
        found.append((first, octets[4:length]))
        first, octets = octets[0], octets[length:]
    return found, octets


def octets_of(chain: Chain) -> tuple[int, bytes]:
    """The first payload's type, and the octets of all."""
    types = [*(one for one, _ in chain), 0]
    octets = b"".join(
        bytes((types[place + 1], 0)) + (4 + len(body)).to_bytes(2) + body for place, (_, body) in enumerate(chain)
    )
    return types[0], octets


class Mutator:
    """Changes inputs that mean steps of these kinds; `seeds` are where other steps and payloads come from."""

    def __init__(self, kinds: tuple[Kind, ...], seeds: Sequence[bytes]) -> None:
        self._kinds = kinds
        self._steps = [step for seed in seeds for step in steps.read(seed, kinds)] or [Step(kinds[0], 0, b"")]
        self._payloads = [one for step in self._steps for one in _chain(step)[1]] or [(13, b"")]

    def __call__(self, octets: bytes, most: int, seed: int, usual: Usual) -> bytes:
        """Another input, of at most so many octets."""
        dice = Random(seed)
        found = list(steps.read(octets, self._kinds))
        if not found or dice.random() < 0.2:
            return usual(octets, most)
        for _ in range(dice.choice((1, 1, 2, 4))):
            self._change(found, dice, usual)
        scene = dice.randrange(256) if dice.random() < 0.05 else octets[0]
        return steps.write(scene, found, self._kinds)[:most]

    def _change(self, found: list[Step], dice: Random, usual: Usual) -> None:
        place = dice.randrange(len(found)) if found else 0
        choice = dice.randrange(12)
        if choice == 0 or not found:
            found.insert(place, dice.choice(self._steps))
        elif choice == 1 and len(found) > 1:
            del found[place]
        elif choice == 2:
            found.insert(dice.randrange(len(found) + 1), found[place])
        elif choice == 3:
            found.append(found.pop(place))
        elif choice == 4:
            found[place] = Step(found[place].kind, found[place].flags ^ 1 << dice.randrange(8), found[place].content)
        elif choice == 5:
            content = usual(found[place].content, len(found[place].content) + _MORE) if found[place].content else b"\1"
            found[place] = Step(found[place].kind, found[place].flags, content)
        else:
            found[place] = self._in_step(found[place], dice, usual)

    def _in_step(self, step: Step, dice: Random, usual: Usual) -> Step:
        """A step with another chain of payloads, where it has one."""
        head, chain, rest = _chain(step)
        if step.kind not in (*_IN_CLEAR, Kind.PROTECTED):
            return Step(step.kind, step.flags, usual(step.content or b"\0", len(step.content) + _MORE))
        place, choice = dice.randrange(len(chain)) if chain else 0, dice.randrange(7)
        if choice == 0 or not chain:
            chain.insert(place, dice.choice(self._payloads))
        elif choice == 1:
            del chain[place]
        elif choice == 2:
            chain.insert(dice.randrange(len(chain) + 1), chain[place])
        elif choice == 3:
            chain[place] = dice.choice(_TYPES), chain[place][1]
        elif choice == 4:
            chain[place] = chain[place][0], dice.choice(self._payloads)[1]
        else:
            type_, body = chain[place]
            chain[place] = type_, usual(body or b"\0", len(body) + _MORE)
        first, octets = octets_of(chain)
        if step.kind is Kind.PROTECTED:
            return Step(step.kind, step.flags, head + bytes((first,)) + octets + rest)
        return Step(step.kind, step.flags, head[:_FIRST] + bytes((first,)) + head[_FIRST + 1 :] + octets + rest)


def _chain(step: Step) -> tuple[bytes, Chain, bytes]:
    """What is before a step's payloads, these, and what is behind them."""
    content = step.content
    if step.kind is Kind.PROTECTED:
        start = 4 if step.flags & steps.Message.NUMBERED else 0
        return content[:start], *chain_of(content[start] if len(content) > start else 0, content[start + 1 :])
    if step.kind in _IN_CLEAR and len(content) >= _HEADER:
        return content[:_HEADER], *chain_of(content[_FIRST], content[_HEADER:])
    return b"", [], content
