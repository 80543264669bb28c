#!/usr/bin/env python3
"""What this project installs, looked through: `.venv/bin/python .ci/audit.py [--installed] [--service]`.

1. Every requirement of .ci/locked is pinned to one version, with SHA-256 hashes.
2. No locked version, and no lower bound of the product, is below what .ci/advisories.toml names as fixed.
3. With `--installed`: what is installed beside this Python is what is locked, and nothing else; and what the product
   needs has a permissive licence (asyncssh, which only the extra `ssh` asks for, has the Eclipse one).
4. With `--service`: pip-audit asks the advisory service of the index for each locked version. Where it gives no answer
   this fails: an advisory that nobody looked for is not absent.

Exit code 0: all of it is well; 1: something is not, each told in a line.
"""

import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / ".ci" / "locked"
PERMISSIVE = re.compile(r"\b(MIT|BSD|Apache|PSF|ISC)\b", re.I)
OTHER_LICENCES = {"asyncssh": "EPL-2.0 OR GPL-2.0-or-later"}
"""What only an extra asks for may have another one."""
NOT_LOCKED = {"mainmode", "pip", "wheel"}


def canonical(name: str) -> str:
    """`Jinja2` and `jinja_2` as the index spells them."""
    return re.sub(r"[-_.]+", "-", name).lower()


def numbers(version: str) -> tuple[int, ...]:
    """`3.1.6` as numbers; what follows them does not count."""
    return tuple(map(int, re.match(r"[\d.]*\d", version)[0].split(".")))


def pins(text: str, where: str) -> tuple[dict[str, str], list[str]]:
    """Versions by package of a file of locked requirements, and what is wrong with it."""
    found, wrong = {}, []
    for entry in re.split(r"(?<!\\)\n", text):
        if not entry.strip() or entry.lstrip().startswith("#"):
            continue
        pinned = re.match(r"([\w.-]+)==([\w.+!]+)(?: *;[^\\]*)?(?= |\\|$)", entry)
        if pinned is None:
            wrong.append(f"{where}: not pinned: {entry.split(chr(10))[0].strip(chr(92) + ' ')}")
        elif not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry):
            wrong.append(f"{where}: {pinned[1]} has no hash")
        if pinned is not None:
            found[canonical(pinned[1])] = pinned[2]
    return found, wrong


def below(versions: dict[str, str], advisories: list[dict[str, object]], where: str) -> list[str]:
    """Versions that are older than what an advisory names as fixed."""
    return [
        f"{where}: {one['package']} {versions[one['package']]} is below {one['fixed']}: {one['id']}, {one['what']}"
        for one in advisories
        if one["package"] in versions and numbers(versions[one["package"]]) < numbers(one["fixed"])
    ]


def bounds(project: dict[str, object]) -> dict[str, str]:
    """The lower bounds of the product and of its extras for users."""
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(one for name in ("pcap", "ssh") for one in extras[name])]
    return {canonical(found[1]): found[2] for one in wanted if (found := re.match(r"([\w.-]+)>=([\d.]+)", one))}


def licence(name: str) -> str:
    """What a package says of its licence."""
    said = metadata.metadata(name)
    classified = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier", []) if one.startswith("License")]
    return said.get("License-Expression") or " ".join([*classified, (said.get("License") or "").split("\n")[0]])


def copyleft(names: list[str]) -> list[str]:
    """Packages of the product whose licence is not a permissive one."""
    return [
        f"{name} has the licence {licence(name)!r}"
        for name in names
        if not PERMISSIVE.search(licence(name)) and not licence(name).endswith(OTHER_LICENCES.get(name, "?"))
    ]


def strangers(locked: dict[str, str]) -> list[str]:
    """What is installed here and not locked, or in another version."""
    here = {canonical(one.metadata["Name"]): one.version for one in metadata.distributions()}
    return [
        f"{name} {version} is installed, locked is {locked.get(name, 'none')}"
        for name, version in sorted(here.items())
        if name not in NOT_LOCKED and locked.get(name) != version
    ]


def asked(file: Path) -> list[str]:
    """What the advisory service says of a file of locked requirements."""
    command = (sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "-f", "json", "-r", str(file))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        return [f"{file.name}: the advisory service gave no answer: {(done.stderr.strip() or '?').splitlines()[-1]}"]
    told = json.loads(done.stdout)["dependencies"]
    silent = [one["name"] for one in told if "skip_reason" in one]
    wrong = [f"{file.name}: {one['name']}: {fault['id']}" for one in told for fault in one.get("vulns", ())]
    if silent:
        wrong.append(f"{file.name}: the advisory service knows nothing of {len(silent)} of {len(told)} packages")
    return wrong


def main(options: list[str]) -> int:
    """Look, and tell."""
    advisories = tomllib.loads((ROOT / ".ci" / "advisories.toml").read_text("utf-8"))["advisory"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wrong, locked = [], {}
    for file in sorted(LOCKED.glob("*.txt")):
        locked[file.stem], flaws = pins(file.read_text("utf-8"), file.name)
        wrong += flaws + below(locked[file.stem], advisories, file.name)
    wrong += below(bounds(project), [one for one in advisories if not one.get("locked_only")], "pyproject.toml")
    if "--installed" in options:
        product = {*locked["core"], "asyncssh", "dpkt"} - {"setuptools"}
        wrong += strangers(locked["all"]) + copyleft(sorted(product))
    if "--service" in options:
        for file in sorted(LOCKED.glob("*.txt")):
            wrong += asked(file)
    for one in wrong:
        print(one)
    counted = ", ".join(f"{name} {len(found)}" for name, found in locked.items())
    print(f"locked: {counted}; {len(advisories)} advisories; {len(wrong) or 'nothing'} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
