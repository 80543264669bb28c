"""Every entry: it prints, it is read back as itself and as nothing else, and its declaration is whole."""

import re
from dataclasses import replace

import pytest
from catalogue_values import GENERATED, lines_of, values_of
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.catalogue import kinds, lines
from mainmode.catalogue.entry import Channel, Entry, Kind, Line
from mainmode.catalogue.envelope import Form, render
from mainmode.catalogue.recogniser import folded, recognise, recognise_text, shapes

EVERY = pytest.mark.parametrize("entry", lines.ALL, ids=lambda entry: entry.name)
KINDS = {kind.name: kind for entry in lines.ALL for kind in entry.kinds.values()}
SHAPES = [shape for entry in lines.ALL for shape in shapes(entry)]


@EVERY
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_printed_line_is_read_back_in_every_form(entry: Entry, data: st.DataObject) -> None:
    line = data.draw(lines_of(entry))
    for form in Form:
        for stamp in (None, "Nov 30 10:38:29"):
            read = recognise(render(line, form, stamp))
            assert read is not None
            assert read.line.entry is entry
            assert read.line.values == line.values
            assert read.line.about == line.about
            assert read.stamp == (stamp or "")
            assert not read.cut
            if read.syslog is not None and entry.syslog is not None:
                assert read.syslog == entry.syslog_of(line.values)


@EVERY
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_no_other_entry_reads_a_printed_line(entry: Entry, data: st.DataObject) -> None:
    text = folded(data.draw(lines_of(entry)).text)
    assert {shape.owner.name for shape in SHAPES if shape.read(text) is not None} == {entry.name}


@EVERY
def test_every_alias_of_an_entry_is_read_as_that_entry(entry: Entry) -> None:
    values = {part: kind.examples[0] for part, kind in entry.kinds.items()}
    for alias in entry.aliases:
        line = recognise_text(replace(entry, template=alias).text(values))
        assert line is not None
        assert line.entry is entry
        assert line.values == values


@EVERY
def test_a_declaration_is_whole(entry: Entry) -> None:
    assert getattr(lines, entry.name) is entry
    for template in (entry.template, *entry.aliases):
        assert set(re.findall(r"\{(\w+)\}", template)) == set(entry.kinds)
    assert entry.meaning.endswith(".")
    assert entry.source
    assert 1 <= entry.level <= 255
    assert not set(entry.kinds) & {"about", "step", "exchange", "sources"}
    assert entry.channel is Channel.IPSEC or entry.syslog is not None
    for part, ids in entry.syslog_by.items():
        assert set(ids) <= set(entry.kinds[part].choices)


def test_names_and_templates_stand_once() -> None:
    assert len({entry.name for entry in lines.ALL}) == len(lines.ALL)
    assert len({folded(entry.template) for entry in lines.ALL}) == len(lines.ALL)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_value_survives_being_written_and_read(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values_of(kind))
    text = folded(kind.write(value))
    assert re.fullmatch(kind.pattern, text)
    assert kind.read(text) == value


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_examples_of_a_kind_survive_too(kind: Kind) -> None:
    assert kind.examples
    for value in kind.examples:
        assert kind.read(folded(kind.write(value))) == value


def test_every_open_kind_is_generated() -> None:
    two_valued = {kind.name for kind in KINDS.values() if set(kind.examples) == {True, False}}
    open_kinds = {kind.name for kind in KINDS.values() if not kind.choices} - two_valued
    assert open_kinds <= {kind.name for kind in GENERATED}


def test_a_part_outside_its_closed_set_is_refused() -> None:
    with pytest.raises(ValueError, match="not a"):
        _ = lines.CONSTRUCTING(payload="nonsense").text


def test_a_part_too_many_or_too_few_is_refused() -> None:
    with pytest.raises(TypeError, match="GOT_SPI takes"):
        lines.GOT_SPI()
    with pytest.raises(TypeError, match="GOT_SPI takes"):
        lines.GOT_SPI(spi=1, other=2)


def test_the_id_follows_the_part_that_decides_it() -> None:
    ids = {side: lines.RECEIVED_PROXY_HOST.syslog_of({"side": side}) for side in ("remote", "local")}
    assert [ids[side].id for side in ("remote", "local") if ids[side] is not None] == [713025, 713024]
    packets = [lines.QM_PACKET.syslog_of({"number": number}) for number in ("1st", "2nd", "3rd")]
    assert [syslog.id for syslog in packets if syslog is not None] == [714004, 714005, 714006]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_what_a_peer_says_never_leaves_the_line_or_talks_to_the_terminal(hostile: str) -> None:
    text = render(lines.LANDED_ON_GROUP(group=hostile), Form.COLON)
    assert text.isprintable()
    assert kinds.escape(hostile).isprintable()


def test_control_characters_are_shown_by_their_numbers() -> None:
    assert kinds.escape("a\x1b[31m\nb\u202e") == "a\\x1b[31m\\x0ab\\u202e"


def test_an_interface_s_name_may_end_in_a_colon_before_another() -> None:
    values = {"source": "10.0.0.9/50000", "interface": "0:", "destination": "10.0.0.1/22", "user": "bob"}
    read = recognise(render(Line(lines.LOGIN_PERMITTED, values), Form.SYSLOG))
    assert read is not None
    assert read.line.values == values
