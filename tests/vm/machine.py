"""A small virtual machine whose kernel has ESP, emulated in software. Needs root.

The machine boots, unpacks a tar from its second disk, runs it, and powers off; what the tar's program writes to the
second serial port comes back as lines. Its clock counts instructions, not seconds: a host that is busy does not let it
time out, and a sleep lasts no time at all.
"""

import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from image import image

TOOLS = ("unshare", "debootstrap", "mke2fs", "qemu-system-x86_64")


@dataclass(frozen=True)
class Outcome:
    """What a machine left: the job's exit code (None: it never ended), its lines, and the console's text."""

    exit_code: int | None
    lines: list[str]
    console: str


def missing_tools() -> list[str]:
    """What this host lacks to build and run a machine."""
    lacking = [tool for tool in TOOLS if not shutil.which(tool)]
    return lacking if platform.machine() == "x86_64" else [*lacking, "an x86-64 host"]


def run_machine(job: Path, folder: Path, seconds: int) -> Outcome:
    """Boots a machine with the tar `job`, whose `run` is its program; a machine still on after `seconds` is ended."""
    made = image()
    parts = {name: folder / name for name in ("console", "lines")}
    argv = [
        *(
            "qemu-system-x86_64",
            "-machine",
            "pc",
            "-accel",
            "tcg,thread=single",
            "-cpu",
            "max",
            "-smp",
            "1",
            "-icount",
            "shift=0,sleep=off",
            "-rtc",
            "clock=vm",
        ),
        *("-m", "1024", "-nodefaults", "-display", "none", "-no-reboot", "-monitor", "none"),
        *("-kernel", f"{made}/kernel", "-initrd", f"{made}/initrd"),
        "-append",
        "console=ttyS0 quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on tsc=reliable cryptomgr.notests",
        *("-drive", f"file={made}/disk,format=raw,if=virtio,snapshot=on"),
        *("-drive", f"file={job},format=raw,if=virtio,readonly=on"),
        *("-serial", f"file:{parts['console']}", "-serial", f"file:{parts['lines']}"),
    ]
    with (folder / "qemu").open("wb") as said:
        machine = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            machine.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            machine.kill()
            machine.wait()
    texts = {name: path.read_text(errors="replace") if path.exists() else "" for name, path in parts.items()}
    code = re.search(r"^MACHINE-EXIT-CODE (\d+)", texts["console"], re.M)
    console = (folder / "qemu").read_text(errors="replace") + texts["console"]
    return Outcome(int(code[1]) if code else None, texts["lines"].splitlines(), console)
