"""A real browser opens the preflight's page: its script runs without an error, and nothing is wider than the window."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from check_samples import SAMPLES

from mainmode.check.faces.page import page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--virtual-time-budget=2000"),
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here")

WATCH = "<script>window.faults = []; window.onerror = (said) => { window.faults.push(said); };</script>"
TELL = (
    "<script>for (const one of document.querySelectorAll('details')) one.open = true;"
    "const wide = document.documentElement.scrollWidth - window.innerWidth;"
    "const lost = [...document.querySelectorAll('nav a')]"
    ".filter((one) => !document.querySelector(one.getAttribute('href'))).length;"
    "document.title = `faults ${window.faults.length}, wider by ${Math.max(wide, 0)}, lost ${lost}`;</script>"
)


def opened(folder: Path, text: str, width: int) -> str:
    """The title of the page after its scripts and ours ran."""
    without = re.sub(r"<meta http-equiv=.*?>", "", text)
    file = folder / "preflight.html"
    file.write_text(without.replace("<style>", f"{WATCH}<style>", 1).replace("</body>", f"{TELL}</body>"), "utf-8")
    size = f"--window-size={width},900"
    command = [str(BROWSER), *FLAGS, size, f"--user-data-dir={folder / 'profile'}", "--dump-dom", file.as_uri()]
    tree = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search("<title>(.*?)</title>", tree)
    return found[1] if found else ""


@pytest.mark.parametrize("width", [500, 1300])
@pytest.mark.parametrize("name", ["folder", "hostile"])
def test_the_page_is_whole_at_every_width(name: str, width: int, tmp_path: Path) -> None:
    assert opened(tmp_path, page(SAMPLES[name]()), width) == "faults 0, wider by 0, lost 0"
