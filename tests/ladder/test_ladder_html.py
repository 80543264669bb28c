"""The page is self-contained, well formed, and shows what a stranger wrote as text."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import ladder_sample as sample
import pytest
from ladder_sample import SAMPLES

from mainmode.ladder.html import html
from mainmode.ladder.spelling import clean, clean_lines
from mainmode.ladder.transcript import LineSaid, MessageSent, Remark

VOID = {"meta", "br", "hr", "img", "link", "input", "base"}


class Page(HTMLParser):
    """Reads a page as a browser does: elements, texts, and the text of each element with a class or an id."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.rows: list[str] = []
        self.raw: dict[str, str] = {}
        self.texts: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self.elements.append((tag, held))
        if tag not in VOID:
            self._open.append((tag, held.get("class", "")))
        if held.get("class") == "row":
            self.rows.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tag, kind = self._open[-1] if self._open else ("", "")
        if tag in ("style", "script"):
            self.raw[tag] = self.raw.get(tag, "") + data
        elif kind == "row":
            self.rows[-1] += data
        self.texts.append(data)

    def ids(self) -> list[str]:
        return [held["id"] for _, held in self.elements if "id" in held]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_stands_on_the_page_in_its_order(name: str) -> None:
    transcript = SAMPLES[name]()
    rows = Page(html(transcript)).rows
    said = [event for event in transcript.events if isinstance(event, LineSaid | Remark)]
    for side in {event.side for event in said}:
        places = []
        for event in said:
            if event.side is side:
                wanted = clean_lines(event.text)
                places += [at for at in range(len(rows)) if rows[at : at + len(wanted)] == wanted][:1] or [None]
        assert None not in places
        if name != "two":
            assert list(dict.fromkeys(places)) == sorted(set(places))


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_is_fetched_and_nothing_is_styled_or_scripted_in_place(name: str) -> None:
    page = Page(html(SAMPLES[name]()))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 1
    assert tags.count("style") == 1
    assert not {"link", "img", "iframe", "object", "embed", "base", "form", "svg"} & set(tags)
    for _, held in page.elements:
        assert not {"src", "style", "srcset", "action"} & set(held)
        assert not [key for key in held if key.startswith("on")]
        assert held.get("href", "#").startswith("#")
    assert "url(" not in page.raw["style"]
    assert "@import" not in page.raw["style"]
    assert "fetch" not in page.raw["script"]


def test_the_policy_allows_its_own_style_and_script_and_nothing_else() -> None:
    page = Page(html(sample.hostile()))
    policy = next(held["content"] for tag, held in page.elements if held.get("http-equiv"))
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.raw[tag].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_what_a_stranger_wrote_is_text() -> None:
    text = html(sample.hostile())
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert all(character.isprintable() or character == "\n" for character in text)
    assert r"\x1b[31mred\x1b[0m" in text
    assert text.count(clean(sample.EVIL).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) > 20
    assert "49" not in re.sub(r"[0-9a-f]{8,}|\+[0-9.]+ s", "", text.split("<main>")[1].split("<script>")[0])


@pytest.mark.parametrize("name", SAMPLES)
def test_every_reference_leads_somewhere(name: str) -> None:
    page = Page(html(SAMPLES[name]()))
    ids = page.ids()
    assert len(ids) == len(set(ids))
    for _, held in page.elements:
        if "href" in held:
            assert held["href"][1:] in ids
        assert set(held.get("data-refs", "").split()) <= set(ids)


def test_each_message_opens_to_its_payloads_also_when_it_was_encrypted() -> None:
    transcript = sample.tunnel_up()
    page = html(transcript)
    sent = [event for event in transcript.events if isinstance(event, MessageSent)]
    for message in sent:
        part = page.split(f'id="msg-{message.number}"')[1].split("</details>")[0]
        assert ("decrypted by the lab" in part) is message.encrypted
        assert part.count('class="piece"') >= len(message.payloads)
        assert f"{message.length} octets" in part
    first = page.split('id="msg-1"')[1].split("</details>")[0]
    assert "<dt>Encryption</dt><dd>3DES-CBC</dd>" in first


def test_both_configurations_stand_beside_the_ladder_line_by_line() -> None:
    transcript = sample.tunnel_up()
    page = html(transcript)
    for device in transcript.devices:
        for number, line in enumerate(device.config, 1):
            row = page.split(f'id="cfg-{device.side.value}-{number}"')[1].split("</li>")[0]
            assert f"<code>{clean(line)}</code>" in row


def test_what_no_line_says_is_named_and_leads_nowhere() -> None:
    page = html(sample.nothing_sent())
    assert '<span class="ref absent">' in page
    assert "(absent) crypto map MAP interface outside" in page
    assert "No message was exchanged." in page


def test_on_paper_each_configuration_has_its_own_column_and_its_last_lines_stay_together() -> None:
    printed = Page(html(sample.opening_only())).raw["style"].rsplit("@media print", 1)[1]
    assert re.search(r"\.configuration \{[^}]*display: grid; grid-template-columns: repeat\(2, ", printed)
    assert re.search(r"\.configuration li \{[^}]*break-inside: avoid", printed)
    assert re.search(r"\.configuration li:nth-last-child\(-n \+ 4\) \{ break-before: avoid", printed)
