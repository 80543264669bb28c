"""A real browser opens the page: fragments, clicks and the content security policy do what they should."""

import re
import shutil
import subprocess
from pathlib import Path

import ladder_sample as sample
import pytest

from mainmode.ladder.html import html

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--virtual-time-budget=2000"),
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here")


def opened(folder: Path, page: str, fragment: str = "") -> str:
    """The page's tree after its scripts ran."""
    file = folder / "ladder.html"
    file.write_text(page, encoding="utf-8")
    command = [
        str(BROWSER),
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        "--dump-dom",
        f"{file.as_uri()}{fragment}",
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def clicking(page: str, *selectors: str) -> str:
    """The page without its policy, and with a script that clicks."""
    clicks = "".join(f"document.querySelector({selector!r}).click();" for selector in selectors)
    without = re.sub(r"<meta http-equiv=.*?>", "", page)
    return without.replace("</body>", f"<script>{clicks}</script></body>")


def element(tree: str, wanted: str) -> str:
    """The start tag that has this id."""
    return next(tag for tag in re.findall(r"<\w+[^>]*>", tree) if f'id="{wanted}"' in tag)


def test_a_fragment_opens_its_message_and_no_other(tmp_path: Path) -> None:
    tree = opened(tmp_path, html(sample.tunnel_up()), "#msg-3")
    assert 'open=""' in element(tree, "msg-3")
    assert 'open=""' not in element(tree, "msg-4")


def test_a_click_opens_a_message_and_lights_the_configuration_line(tmp_path: Path) -> None:
    page = html(sample.tunnel_up())
    tree = opened(tmp_path, clicking(page, "#msg-5 > summary", '#step-2 a.ref[href="#cfg-a-29"]'))
    assert 'open=""' in element(tree, "msg-5")
    assert 'class="lit"' in element(tree, "cfg-a-29")
    assert 'class="lit"' not in tree.split('id="cfg-a-29"')[0].split("<aside")[1]
    lit = re.findall(r'<div class="said lit"[^>]*>\s*<div class="row">(.*?)</div>', tree)
    assert "[IKEv1 DEBUG]: IP = 10.0.0.2, constructing ISAKMP SA payload" in lit
    assert "[IKEv1 DEBUG]: IP = 10.0.0.2, constructing nonce payload" not in lit


def test_the_button_opens_all_messages(tmp_path: Path) -> None:
    page = html(sample.tunnel_up())
    closed = opened(tmp_path, page)
    assert "hidden" not in element(closed, "toggle")
    assert not any('open=""' in element(closed, f"msg-{number}") for number in range(1, 10))
    tree = opened(tmp_path, clicking(page, "#toggle"))
    assert all('open=""' in element(tree, f"msg-{number}") for number in range(1, 10))


def test_the_policy_stops_a_script_that_is_not_the_page_s_own(tmp_path: Path) -> None:
    page = html(sample.hostile()).replace("</body>", "<script>document.title = 'owned'</script></body>")
    tree = opened(tmp_path, page)
    assert "<title>owned" not in tree
    assert "<title>DOWN: " in tree
