"""Signals that come in storms: each kind is served, however many others there are."""

import asyncio
import os
import signal

from mainmode.gateway.signals import signals


def test_a_storm_of_one_signal_does_not_swallow_another() -> None:
    heard: list[str] = []

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        calls = {signal.SIGHUP: lambda: heard.append("again"), signal.SIGTERM: lambda: heard.append("end")}
        before = signal.getsignal(signal.SIGTERM)
        with signals(loop, calls):
            for _ in range(2000):
                os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            for _ in range(3):
                await asyncio.sleep(0)
            assert heard == ["again", "end"]
            os.kill(os.getpid(), signal.SIGHUP)
            for _ in range(3):
                await asyncio.sleep(0)
            assert heard == ["again", "end", "again"]
        assert signal.getsignal(signal.SIGTERM) is before

    asyncio.run(scene())


def test_a_signal_wakes_a_loop_that_has_nothing_to_do() -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        with signals(loop, {signal.SIGHUP: came.set}):
            loop.run_in_executor(None, os.kill, os.getpid(), signal.SIGHUP)
            await asyncio.wait_for(came.wait(), 30)

    asyncio.run(scene())
