"""The tar that the machine runs: our package with what it needs, the checks, the strangers' harness and pytest."""

import compileall
import shutil
import tarfile
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path
from py_compile import PycInvalidationMode

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
STRANGERS = ROOT / "tests" / "strangers"
PYTHON = (3, 11)
"""The Python of the machine's Debian: compiled packages of another one do not run there."""
PACKAGES = (
    *("cryptography", "cffi", "pycparser", "jinja2", "MarkupSafe"),
    *("pytest", "iniconfig", "packaging", "pluggy", "pygments"),
)
RUN = """\
export PYTHONPATH=/tmp/job/site:/tmp/job/src:/tmp/job/strangers:/tmp/job/inside PYTHONDONTWRITEBYTECODE=1
exec python3 -m pytest -c inside/pytest.ini --rootdir inside -k "{checks}" inside
"""


def pack(folder: Path, checks: Sequence[str]) -> Path:
    """The tar that runs these checks, made in `folder`; everything in it is compiled already."""
    stage = folder / "job"
    for name in PACKAGES:
        for file in distribution(name).files or []:
            if ".." not in file.parts and file.suffix != ".pyc":
                target = stage / "site" / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), target)
    for source, place in ((ROOT / "src", "src"), (STRANGERS, "strangers"), (HERE / "inside", "inside")):
        shutil.copytree(source, stage / place, ignore=shutil.ignore_patterns("__pycache__", "test_*"))
    (stage / "run").write_text(RUN.format(checks=" or ".join(checks)))
    compileall.compile_dir(stage, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    with tarfile.open(folder / "job.tar", "w") as tar:
        for part in sorted(stage.iterdir()):
            tar.add(part, part.name)
    return folder / "job.tar"
