"""The ASA's dialect: every line of the catalogue in every form, headers of every kind, whole transcripts."""

from pathlib import Path

import pytest

from mainmode.base.instant import Instant
from mainmode.catalogue.entry import About, Channel, Entry
from mainmode.catalogue.envelope import Form, render
from mainmode.catalogue.lines import ALL
from mainmode.explain.dialect import OTHER
from mainmode.explain.dialects.asa import AsaDialect

HERE = Path(__file__).resolve().parents[2]
CONSOLES = sorted((HERE / "src/mainmode/lab/scenarios").glob("*/consoles/*.txt"))
ABOUTS = (About(), About(ip="10.0.0.2"), About("10.0.0.2", ip="10.0.0.2"), About("BRANCH", "someone", "203.0.113.9"))
MARKS = ("[IKEv1", "IPSEC: ", "IPSEC(", "IPSEC DEBUG:", "%ASA-")


@pytest.fixture(scope="module")
def asa() -> AsaDialect:
    return AsaDialect()


def examples(entry: Entry) -> list[dict[str, object]]:
    most = max((len(kind.examples) for kind in entry.kinds.values()), default=1)
    return [{part: kind.examples[at % len(kind.examples)] for part, kind in entry.kinds.items()} for at in range(most)]


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.name)
def test_every_line_of_the_catalogue_is_read_in_every_form(asa: AsaDialect, entry: Entry) -> None:
    for values in examples(entry):
        for about in ABOUTS:
            line = entry(about, **values)
            for form in Form:
                for stamp in (None, "Nov 30 10:38:29"):
                    text = render(line, form, stamp)
                    reading = asa.read(text)
                    assert reading is not None, text
                    assert reading.facts == entry.tells(values), text
                    assert (reading.open, reading.other) == ("octets" in values, False)
                    assert bool(reading.stamp) == bool(stamp)
                    if about.ip and entry.channel is not Channel.IPSEC:
                        assert reading.tag.peer == about.ip


@pytest.mark.parametrize(
    ("front", "stamp", "host"),
    [
        ("", "", ""),
        ("Jun 10 2010 17:36:05: ", "Jun 10 2010 17:36:05", ""),
        ("Jun 10 17:36:05 ", "Jun 10 17:36:05", ""),
        ("<166>Jun 10 2010 17:36:05: ", "Jun 10 2010 17:36:05", ""),
        ("<166>:Jun 10 17:36:05 UTC: ", "Jun 10 17:36:05", ""),
        ("166>Jun 10 2010 17:36:05 GW : ", "Jun 10 2010 17:36:05", "GW"),
        ("Dec  9 17:36:05 192.168.1.1 ", "Dec  9 17:36:05", "192.168.1.1"),
        ("<164>Feb 13 2021 17:36:05 ASA-GW : ", "Feb 13 2021 17:36:05", "ASA-GW"),
        ("<166>1 2021-02-13T17:36:05Z gw-1 - - - - ", "2021-02-13T17:36:05Z", "gw-1"),
        ("<166>2021-02-13T17:36:05.123Z gw-1 : ", "2021-02-13T17:36:05.123Z", "gw-1"),
        ("2021-02-13 17:36:05\tLocal4.Debug\t10.0.0.9\t:Feb 13 2021 17:36:05: ", "Feb 13 2021 17:36:05", "10.0.0.9"),
        ("Mar  5 17:36:09 collector <167>Mar 05 2013 17:36:05: ", "Mar 05 2013 17:36:05", "collector"),
        ("03-05-2013\t17:36:05\tLocal4.Info\t10.0.0.9\t", "03-05-2013\t17:36:05", "10.0.0.9"),
    ],
)
@pytest.mark.parametrize("code", ["ASA-5-", "PIX-5-", "FTD-5-", "ASA-vpn-5-", "FTD-vpn-5-", "ASA--5-"])
def test_headers_of_every_kind(asa: AsaDialect, front: str, stamp: str, host: str, code: str) -> None:
    reading = asa.read(f"{front}%{code}713119: Group = 10.0.0.2, IP = 10.0.0.2, PHASE 1 COMPLETED")
    assert reading is not None
    assert reading.entry == "PHASE1_COMPLETED"
    assert reading.tag.peer == "10.0.0.2"
    assert (reading.stamp, reading.host) == (stamp, host)
    if stamp:
        assert reading.at is not None
        assert reading.at // 1_000_000 % 86_400 == 17 * 3600 + 36 * 60 + 5


def test_a_stamp_without_a_year_lies_in_1972(asa: AsaDialect) -> None:
    reading = asa.read("Feb 29 00:00:01 [IKEv1]IP = 10.0.0.2, PHASE 1 COMPLETED")
    assert reading is not None
    assert reading.at == Instant(68_169_601_000_000)


@pytest.mark.parametrize("path", CONSOLES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_the_consoles_of_the_lab_are_read(asa: AsaDialect, path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").split("\n") if any(mark in line for mark in MARKS)]
    assert [line for line in lines if not line.startswith("!") and asa.read(line) is None] == []


def test_lines_about_another_subject_are_told_apart(asa: AsaDialect) -> None:
    line = "Feb 13 2021 01:02:25: %ASA-6-302013: Built outbound TCP connection 1 for outside:203.0.113.5/443"
    assert asa.parted(line) is OTHER
    reading = asa.read(line)
    assert reading is not None
    assert reading.other
