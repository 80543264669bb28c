"""A decoded message for people's eyes: a tree of named pieces with labelled texts."""

from mainmode.base.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Decoded:
    """One piece: its name, the octets it has on the wire, fields as (label, value) texts, and what is inside it."""

    name: str
    length: int
    fields: tuple[tuple[str, str], ...] = ()
    children: tuple["Decoded", ...] = ()
