"""The dialects that are read, in the order in which they are tried on a line."""

from mainmode.explain.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = ()
