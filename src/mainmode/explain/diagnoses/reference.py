"""The page of all diagnoses, from their declarations."""

import re
from collections.abc import Iterator

from mainmode.catalogue.facts import Whose
from mainmode.explain.diagnoses import DIAGNOSES
from mainmode.explain.diagnoses.advice import nested
from mainmode.explain.diagnoses.declaration import Diagnosis
from mainmode.explain.finding import Sure

HEAD = """# Diagnoses

Generated from `explain/diagnoses/`. Each finding of `mainmode explain` has one of these codes; it stands before its
title, and as `code` in the JSON. Where something failed, the likeliest cause is a finding and whatever else fits stands
in it as an alternative, with what would tell the two apart. How sure a finding is:

{sureties}

What only one side can know is told as such: a finding then says what the log cannot tell, and where it stands.
"""
_WHERE = {
    Whose.OWN: "on the side at fault, or where the log was written",
    Whose.PEER: "on the other side",
    None: "between",
}
_PLACE = re.compile(r"\{(\w+)\}")
_WORDS = {"near": "OWN-NETWORK", "far": "PEER-NETWORK", "group": "CONNECTION", "entry": "MAP SEQUENCE", "dh": "GROUP"}
_TITLES = {"asa": "ASA", "ios": "IOS", "charon": "strongSwan", "pluto": "Libreswan"}


def reference_page() -> str:
    """The page as Markdown."""
    sureties = "\n".join(f"- {sure.value}" for sure in Sure)
    rows = [HEAD.format(sureties=sureties), "\n| code | what it is |\n|---|---|\n"]
    rows += [f"| [`{code}`](#{code.lower()}) | {one.title} |\n" for code, one in DIAGNOSES.items()]
    for one in DIAGNOSES.values():
        rows += _section(one)
    return "".join(rows)


def _section(one: Diagnosis) -> Iterator[str]:
    yield f"\n## {one.code}\n\n**{one.title}.** {one.why}\n\n"
    yield f"- Looks for: {one.looks_for}.\n- What shows it where something else stands on top: {one.signs}.\n"
    for check in one.checks:
        yield f"- Check {_WHERE[check.where]}: {_places(check.text)}\n"
    for remedy in one.remedies:
        yield f"\n{_TITLES[remedy.vendor]} ({remedy.safety.value}): {remedy.about}\n\n```\n"
        lines = nested(remedy.lines) if remedy.vendor == "charon" else remedy.lines
        yield "".join(f"{_places(line)}\n" for line in lines)
        yield "```\n"


def _places(text: str) -> str:
    """The places of a template as `PEER`; what a reader fills in stays in angle brackets."""
    return _PLACE.sub(lambda place: _WORDS.get(place[1], place[1].upper()), text)
