"""What the gateway tells to other programs: the system log, metrics, and its state to systemd."""

import time
from collections.abc import Awaitable, Callable, Sequence

from mainmode.gateway import notify
from mainmode.gateway.counts import Counts
from mainmode.gateway.exposition import Samples, exposition, samples_of
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.log_targets import LogTarget
from mainmode.gateway.metrics import METRICS, Facts
from mainmode.gateway.metrics_server import MetricsAddress, MetricsServer
from mainmode.gateway.syslog_out import SyslogOut


class Outside:
    """Watches a gateway from here on. `tell` prints a line, those of `logging console` too.

    `of_all` adds what other workers have; None where there are none.
    """

    def __init__(self, gateway: Gateway, log_targets: Sequence[LogTarget], tell: Callable[[str], None]) -> None:
        self._gateway = gateway
        self._tell = tell
        self._started = time.time()
        self._counts = Counts()
        self._log = SyslogOut(gateway, log_targets, tell)
        self._server = MetricsServer(self._page)
        self.of_all: Callable[[Samples], Awaitable[Sequence[Samples]]] | None = None
        gateway.watch(self._counts)
        gateway.watch(self._log)

    async def open(self, metrics: MetricsAddress | None) -> None:
        """Serve metrics, where wanted, and tell that the gateway is ready. Raises InputError."""
        if metrics is not None:
            await self._server.open(metrics)
            self._tell(f"metrics: http://{metrics}/metrics")
        plane = self._gateway.plane
        if not self._gateway.share.first:
            return
        notify.ready(f"{self._gateway.box.hostname}, {plane.name if plane is not None else 'no'} data plane")

    async def close(self) -> None:
        """Let the last messages leave, and end."""
        if self._gateway.share.first:
            notify.stopping()
        await self._server.close()
        await self._log.close()

    def samples(self) -> Samples:
        """What this process has."""
        self._gateway.refresh()
        now = self._gateway.now()
        return samples_of(METRICS, Facts(self._gateway, self._counts, self._log, now, self._started))

    async def _page(self) -> str:
        own = self.samples()
        return exposition(METRICS, [own] if self.of_all is None else await self.of_all(own))
