"""With CI set, a skipped test is a failed test: there every foreign judge has to be present."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from mainmode.crypto.compiled import native
from secrets_watch import Watch

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
"""Logs of real devices, which lie beside the project where they are there; the project's own data is in tests/."""

JUDGES = frozenset({"tshark", "capinfos", "tmux", "ssh"})
"""Foreign programs without which a test that asks them is skipped."""


def pytest_configure(config: pytest.Config) -> None:
    """Every artefact of every test is looked through for the secrets that it used."""
    config.pluginmanager.register(Watch(), "secrets-watch")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests over what is not there or not wanted are left out; they are no skipped ones.

    Those of the compiled helper are skipped where it could not be built.
    """
    pure = os.environ.get("MAINMODE_PURE") == "1"
    absent = {name for name, is_absent in (("corpus", not CORPUS.is_dir()), ("helper", pure)) if is_absent}
    over = [item for item in items if any(item.get_closest_marker(name) is not None for name in absent)]
    if over:
        config.hook.pytest_deselected(items=over)
        items[:] = [item for item in items if not any(item.get_closest_marker(name) for name in absent)]
    if native() is None:
        for item in items:
            if item.get_closest_marker("helper") is not None:
                item.add_marker(pytest.mark.skip(reason="the compiled helper was not built here"))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    try:
        return (yield)
    except FileNotFoundError as error:
        if error.filename in JUDGES:
            pytest.skip(f"{error.filename} is not installed")
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI skips nothing: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if os.environ.get("CI") and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI skips nothing: {report.longrepr}"
    return report
