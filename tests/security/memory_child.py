"""A process with a tunnel that comes up, carries packets, is renewed and ends: its memory is looked at from outside.

At each stage it prints one line of JSON: the stage, and each secret that it had so far, as who made it and its octets
with every bit inverted, so that this list is no copy of them. It goes on when a line comes in.
"""

import gc
import json
import sys
from collections import Counter
from typing import Any

from mainmode.base import secret

ORIGIN = {
    "shared": "Diffie-Hellman secret",
    "keypair": "Diffie-Hellman private value",
    "phase1_keys": "SKEYID family",
    "_keys": "ESP keys",
    "_key": "pre-shared key",
}
MADE: dict[bytes, str] = {}
_begin = secret.Secret.__init__


def _noted(self: secret.Secret, octets: secret.Octets) -> None:
    _begin(self, octets)
    MADE[_inverted(octets)] = ORIGIN.get(_maker(), "other")


def _inverted(octets: secret.Octets) -> bytes:
    return bytearray(one ^ 0xFF for one in octets).hex().encode()


def _maker() -> str:
    return sys._getframe(2).f_code.co_name


secret.Secret.__init__ = _noted  # type: ignore[method-assign]


def stage(name: str) -> None:
    """Tell what there is, and wait."""
    gc.collect()
    living = Counter(
        MADE[_inverted(one.octets)] for one in gc.get_objects() if isinstance(one, secret.Secret) and not one.forgotten
    )
    print(json.dumps([name, [[kind, inverted.decode()] for inverted, kind in MADE.items()], living]), flush=True)
    sys.stdin.readline()


def main() -> None:
    """The life of a tunnel."""
    from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, echo, gateway_of

    text = CONFIGURATION.replace("correct-horse", "tern-Quarry-58/north") + sys.argv[1].replace("|", "\n")
    rigs: list[Any] = [gateway_of("a", text), gateway_of("b", text)]
    rigs[0].join(rigs[1])
    rigs[0].gateway.packet_arrived("inside", echo(HOST_A, HOST_B, 1).encode())
    rigs[0].carry()
    for number in range(2, 6):
        rigs[0].gateway.packet_arrived("inside", echo(HOST_A, HOST_B, number).encode())
        rigs[0].carry()
    gateway = rigs[0].gateway
    lane = gateway.box.express.seal([echo(HOST_A, HOST_B, 5).encode()], 0, gateway.now())
    if lane is None:
        raise RuntimeError("the fast lane was not used")
    del lane
    if len(rigs[0].gateway.box.sad.states()) != 1:
        raise RuntimeError("the tunnel did not come up")
    stage("up")
    for rig in rigs:
        rig.gateway.act(lambda box, now: box.clear(None, now))
        rig.settle()
    if any(rig.gateway.box.sad.states() or rig.gateway.box.ike_sas for rig in rigs):
        raise RuntimeError("the tunnel did not end")
    stage("ended")
    other = text.replace("tern-Quarry-58/north", "moor-Lantern-77/south")
    from gateway_boxes import mirrored

    from mainmode.device.config.reader import read

    for rig, lines in zip(rigs, (other, mirrored(other)), strict=True):
        configuration = read(lines, "c.cfg")
        rig.gateway.act(lambda box, now, new=configuration: box.reconfigure(new, now))
    del text, other, lines, configuration
    stage("another key")


if __name__ == "__main__":
    main()
