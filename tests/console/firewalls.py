"""One device that nobody answers: what a session does to it is seen at once, and its time goes when it is told to."""

from collections.abc import Callable

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant, Span, later
from mainmode.console.firewall import Action
from mainmode.console.record import LineRecord
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.device.decision import BoxEffect
from mainmode.device.running import Running
from mainmode.device.watching import Watcher
from mainmode.lab.entropy import SeededEntropy

START = Instant(1_700_000_000_000_000)
BRANCH = """\
hostname asa1
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 192.168.1.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.0.0.1 255.255.255.0
route outside 0.0.0.0 0.0.0.0 10.0.0.2
access-list VPN extended permit ip 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0
crypto ipsec ikev1 transform-set TS esp-aes esp-sha-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer 10.0.0.2
crypto map MAP 10 set ikev1 transform-set TS
crypto map MAP interface outside
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
 lifetime 86400
tunnel-group 10.0.0.2 type ipsec-l2l
tunnel-group 10.0.0.2 ipsec-attributes
 ikev1 pre-shared-key correct-horse
"""
"""A side of a tunnel. It logs nothing: tests add what they need behind it."""


class LoneFirewall:
    """The device of one configuration. `happened` is all that it did; `down` takes it away."""

    def __init__(self, text: str = BRANCH) -> None:
        self.now = START
        self.down = False
        self.happened: list[BoxEffect] = []
        self.watchers: list[Watcher] = []
        self.running = Running(text, "branch.cfg")
        self.record = LineRecord()
        self.lab = None
        self._box = Box(read(text, "branch.cfg"), SeededEntropy(1, "branch"), START)

    @property
    def box(self) -> Box:
        if self.down:
            raise InputError("the device is down")
        return self._box

    def act(self, action: Action) -> None:
        if self.down:
            return
        effects = action(self._box, self.now)
        for effect in effects:
            self.happened.append(effect)
            self.record.happened(effect, self.now)
            for watcher in tuple(self.watchers):
                watcher.happened(effect, self.now)

    async def line_taken(self) -> None:
        """Its time goes when it is told to."""

    def refresh(self) -> None:
        """A box of its own counts everything itself."""

    async def until(self, done: Callable[[], bool], span: Span) -> bool:
        if not done():
            self.now = later(self.now, span)
            self.act(lambda box, now: box.expire(now))
        return done()

    def reconfigure(self, configuration: Configuration) -> None:
        self.act(lambda box, now: box.reconfigure(configuration, now))

    def watch(self, watcher: Watcher) -> None:
        self.watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        self.watchers = [one for one in self.watchers if one is not watcher]
