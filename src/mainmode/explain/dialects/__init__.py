"""The dialects that are read, in the order in which they are tried on a line."""

from mainmode.explain.dialect import Dialect
from mainmode.explain.dialects.asa import ASA
from mainmode.explain.dialects.charon import Charon
from mainmode.explain.dialects.ios import IosDialect
from mainmode.explain.dialects.pluto import Pluto

DIALECTS: tuple[Dialect, ...] = (ASA, IosDialect(), Charon(), Pluto())
