"""The dialects that are read, in the order in which they are tried on a line."""

from mainmode.explain.dialect import Dialect
from mainmode.explain.dialects.asa import ASA
from mainmode.explain.dialects.ios import IosDialect

DIALECTS: tuple[Dialect, ...] = (ASA, IosDialect())
