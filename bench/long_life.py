"""Hours of ten tunnels between two devices, and dead peer detection: what virtual time costs."""

import time
from dataclasses import replace
from pathlib import Path

from boxes import Boxes
from negotiation import ENTROPY, exponentiations

from mainmode.base.codes import Encryption1, ExchangeType, Flag, NotifyType, ProtocolId
from mainmode.base.secret import Secret
from mainmode.cli.scenario import load
from mainmode.crypto.algorithms import SHA1, phase1_cipher
from mainmode.crypto.skeyid import hash_1, phase1_keys, phase2_iv
from mainmode.ike.effects import Send, Step
from mainmode.ike.protection import Chain
from mainmode.lab.scenario.model import Scenario
from mainmode.lab.scenario.play import play
from mainmode.wire.message import Message, read_header, write_payloads
from mainmode.wire.payloads import Hash, Notify

FOLDER = Path(__file__).parent / "two_devices"
NO_KEEPALIVE = " isakmp keepalive disable\n"
DAY_IN_RUNS = 4
"""The scenario lasts six hours."""
GROUP = 2


def quiet_text(name: str) -> str:
    """One of the two configurations, so that neither lifetimes nor idleness end anything in a measurement."""
    text = (FOLDER / name).read_text().replace(" 3600\n", " 214783647\n")
    return f"{text}group-policy DfltGrpPolicy attributes\n vpn-idle-timeout none\n"


class Hours:
    """The scenario beside this file, with dead peer detection as it is without a line about it, or off."""

    def __init__(self, dpd: bool) -> None:
        scenario = load(FOLDER)
        if not all(NO_KEEPALIVE in part.text for part in scenario.devices):
            raise ValueError(f"{FOLDER} has a device without {NO_KEEPALIVE.strip()!r}")
        self.scenario: Scenario = scenario
        if dpd:
            parts = tuple(replace(part, text=part.text.replace(NO_KEEPALIVE, "")) for part in scenario.devices)
            self.scenario = replace(scenario, devices=parts)
        self.main_modes = 0

    def day(self) -> float:
        """CPU seconds of a virtual day. Raises RuntimeError where the scenario does not go as it says."""
        began = time.process_time()
        performance = play(self.scenario)
        spent = time.process_time() - began
        if not performance.holds:
            raise RuntimeError(f"{FOLDER}: {[one.finding for one in performance.judged]}")
        self.main_modes = len(performance.stage.evidence.ike_keys) // 2
        return spent * DAY_IN_RUNS

    def diffie_hellman(self) -> float:
        """CPU seconds of the Diffie-Hellman in as many main modes as the last day had."""
        began = time.process_time()
        for _ in range(self.main_modes):
            exponentiations(GROUP)
        return (time.process_time() - began) * DAY_IN_RUNS


class Keepalives:
    """A tunnel without traffic, of which the two ends ask for each other's life."""

    def __init__(self) -> None:
        east, west = (quiet_text(name).replace(NO_KEEPALIVE, "") for name in ("east.cfg", "west.cfg"))
        self._boxes = Boxes(east, west)

    def exchange(self) -> None:
        """The next question and its answer, all that is due until then included."""
        answers = 0
        while not answers:
            answers = sum(isinstance(one, Send) and one.step is Step.KEEPALIVE for one in self._boxes.expire()) // 2


class Protection:
    """The cryptography of one such exchange alone: two messages, each sealed and opened, with their hashes."""

    def __init__(self) -> None:
        self._cipher = phase1_cipher(Encryption1.AES_CBC, 128)
        cookies = bytes(range(8)), bytes(range(8, 16))
        self._keys = phase1_keys(SHA1, self._cipher, bytes(20), Secret(bytes(128)), *cookies)
        self._cookies = cookies

    def exchange(self) -> None:
        """Question and answer. Raises RuntimeError where a hash does not verify."""
        for kind in (NotifyType.R_U_THERE, NotifyType.R_U_THERE_ACK):
            number = int.from_bytes(ENTROPY.take(4))
            notify = Notify(kind, ProtocolId.ISAKMP, b"".join(self._cookies), bytes(4))
            digest = hash_1(SHA1, self._keys.a.reveal(), number, write_payloads((notify,)))
            payloads = Hash(digest), notify
            message = Message(*self._cookies, ExchangeType.INFORMATIONAL, number, payloads, Flag.ENCRYPTED)
            datagram = self._chain(number).seal(message)
            opened, plain = self._chain(number).open(read_header(datagram), datagram)
            if hash_1(SHA1, self._keys.a.reveal(), number, plain[opened[0].length :]) != digest:
                raise RuntimeError("the hash of a keepalive")

    def _chain(self, number: int) -> Chain:
        return Chain(self._cipher, self._keys, phase2_iv(SHA1, bytes(16), number, self._cipher.block))
