"""The watch over secrets fails a test that leaks, in each of the ways; and leaves alone what may hold a secret."""

from pathlib import Path

import pytest

pytest_plugins = "pytester"

TESTS = Path(__file__).resolve().parents[1]
PROLOGUE = """
import base64, logging, subprocess, sys
from mainmode.base.secret import Secret
from mainmode.cli.files import write_file, write_keys

KEY = "tarn-Basalt-9471"
OCTETS = bytes.fromhex("9f1c07d2e84ab36675f0217acd5e8b3904")
CHILD = "from mainmode.base.secret import Secret; key = Secret(bytes(reversed(%r)));" % OCTETS


def used():
    return Secret(KEY.encode()), Secret(OCTETS)


def child(more):
    return subprocess.run([sys.executable, "-c", CHILD + more], capture_output=True, text=True, check=False)
"""
LEAKS = {
    "printed": "used(); print('the key is', KEY)",
    "told_on_stderr": "used(); print(KEY, file=sys.stderr)",
    "logged": "used(); logging.getLogger().warning('key %s', KEY)",
    "read_by_capsys": "used(); print(OCTETS.hex()); assert capsys.readouterr().out",
    "upper_hexadecimal": "used(); print(OCTETS.hex().upper())",
    "separated_hexadecimal": "used(); print(OCTETS.hex(':'))",
    "rows_of_hexadecimal": "used(); print(OCTETS[:8].hex(' ') + '\\n' + OCTETS[8:].hex(' '))",
    "within_hexadecimal": "used(); print((b'\\0\\1' + OCTETS).hex())",
    "python_octets": "used(); print(OCTETS)",
    "base64": "used(); print(base64.b64encode(OCTETS).decode())",
    "base64_one_further": "used(); print(base64.b64encode(b'a' + OCTETS).decode())",
    "base64_two_further": "used(); print(base64.b64encode(b'ab' + OCTETS).decode())",
    "failing": "keys = used(); seen = OCTETS.hex(); assert seen == ''",
    "html": "used(); write_file(tmp_path / 'a.html', KEY.encode(), 0o600)",
    "binary": "used(); write_file(tmp_path / 'a.pcapng', b'\\0\\0' + OCTETS, 0o600)",
    "open_configuration": "used(); write_file(tmp_path / 'a.cfg', f' ikev1 pre-shared-key {KEY}\\n'.encode(), 0o644)",
    "open_key_table": "used(); write_file(tmp_path / 'esp_sa', OCTETS.hex().encode(), 0o644)",
    "short_in_its_line": "Secret(b'tarn'); print('ikev1 pre-shared-key tarn')",
    "of_a_process": "print(child('print(key.reveal().hex())').stdout)",
    "said_by_a_process": "used(); child(f'print({KEY!r})')",
    "file_of_a_process": "child(f\"open({str(tmp_path / 'a.txt')!r}, 'wb').write(key.reveal())\")",
    "exception": "used(); raise ValueError(KEY)",
}
CLEAN = {
    "silent": "print(used())",
    "own_input": "used(); (tmp_path / 'a.cfg').write_text(f'pre-shared-key {KEY}')",
    "configuration": "used(); write_file(tmp_path / 'b.cfg', f' ikev1 pre-shared-key {KEY}\\n'.encode(), 0o600)",
    "key_table": "used(); write_file(tmp_path / 'esp_sa', OCTETS.hex().encode(), 0o600)  # keys",
    "short_word": "Secret(b'tarn'); print('a tarn is a lake')",
    "plain_octets": "Secret(bytes(16)); print(bytes(32).hex())",
}


def _file_of_tests(bodies: dict[str, str]) -> str:
    """Each a test; what is printed is captured by the fixture only where the test reads it."""
    tests = []
    for name, body in bodies.items():
        fixtures = "tmp_path, capsys" if "capsys" in body else "tmp_path"
        tests.append(f"def test_{name}({fixtures}):\n    {body}\n")
    return PROLOGUE + "\n\n".join(tests)


@pytest.fixture
def watched(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", f"{TESTS.parent / 'src'}:{TESTS}")
    pytester.makeconftest(
        "from secrets_watch import Watch\n\ndef pytest_configure(config):\n    config.pluginmanager.register(Watch())\n"
    )
    return pytester


def outcomes(watched: pytest.Pytester, bodies: dict[str, str]) -> pytest.RunResult:
    """A run of those tests in a process of its own."""
    watched.makepyfile(_file_of_tests(bodies))
    return watched.runpytest_subprocess("-p", "no:xdist", "-p", "no:cacheprovider", "--tb=short", "-rE")


def test_each_way_to_leak_fails_a_test_and_the_finding_is_no_leak(watched: pytest.Pytester) -> None:
    result = outcomes(watched, LEAKS)
    leaking = {line.split("::test_")[1].split(" ")[0] for line in result.outlines if line.startswith("ERROR ")}
    assert leaking == set(LEAKS)
    told = [line for line in result.outlines if "secret of " in line]
    assert told
    assert not [line for line in told if "Basalt" in line or "9f1c07" in line]


def test_what_may_hold_a_secret_is_left_alone(watched: pytest.Pytester) -> None:
    outcomes(watched, CLEAN).assert_outcomes(passed=len(CLEAN))
