"""IOS: the rows that follow a line's first row, and the parts that they hold.

Rows are read as a chain of pieces, so it does not matter where a paste broke the lines or lost the indentation. A
part's value is the text as printed; the saying of the first row turns it into facts.
"""

import re
from collections.abc import Mapping

_VALUE = r"[^\s,;]{1,80}"
_END = r"[0-9A-Za-z<][0-9A-Za-z.:*<>_-]{0,62}"

_EQUALS: Mapping[str, str] = {
    "local_proxy": r"(?P<local_proxy>[0-9A-Fa-f.:<][^\s,;]{0,80})(?: ?\(type=[0-9]{1,3}\))?",
    "remote_proxy": r"(?P<remote_proxy>[0-9A-Fa-f.:<][^\s,;]{0,80})(?: ?\(type=[0-9]{1,3}\))?",
    "src_proxy": r"(?P<src_proxy>[0-9A-Fa-f.:<][^\s,;]{0,80})(?: ?\(type=[0-9]{1,3}\))?",
    "dest_proxy": r"(?P<dest_proxy>[0-9A-Fa-f.:<][^\s,;]{0,80})(?: ?\(type=[0-9]{1,3}\))?",
    "local": rf"(?P<local>{_END})(?:/[0-9]{{1,5}})?",
    "remote": rf"(?P<remote>{_END})(?:/[0-9]{{1,5}})?",
    "src": rf"(?P<src>{_END})",
    "dest": rf"(?P<dest>{_END})",
    "protocol": r"(?P<protocol>[A-Za-z0-9]{1,12})",
    "transform": r"(?P<transform>[A-Za-z][A-Za-z0-9 -]{0,120}(?:\([A-Za-z -]{1,20}\))?)",
    "lifedur": r"(?P<seconds>[0-9]{1,10})s and (?P<kilobytes>[0-9]{1,10})kb",
    "spi": r"(?P<spi>0[xX][0-9A-Fa-f]{1,8}(?:\([0-9]{1,10}\))?|[0-9]{1,20})",
    "conn_id": r"-?[0-9]{1,10}",
    "keysize": r"(?P<keysize>[0-9]{1,5})",
    "flags": r"(?:0[xX])?[0-9A-Fa-f]{1,8}",
    "sa_dest": rf"(?P<sa_dest>{_END})",
    "sa_src": rf"{_END}",
    "sa_proto?": r"[0-9]{1,3}",
    "sa_spi": r"(?P<sa_spi>0[xX][0-9A-Fa-f]{1,8}(?:\([0-9]{1,10}\))?|[0-9]{1,10})",
    "sa_trans": r"(?P<sa_trans>[A-Za-z][A-Za-z0-9 -]{0,120})",
    "sa_conn_id": r"-?[0-9]{1,10}",
    r"sa_lifetime\(k/sec\)": r"\(?[0-9]{1,12}/[0-9]{1,12}\)?",
    r"(?:dest_|src_|local_|remote_)?(?:vrf|ivrf|fvrf|kei->ivrf)": r"[^\s,;]{0,64}",
    "(?:connection )?id": r"[0-9]{1,10}",
    "sequence number": r"[0-9]{1,20}",
    "message ID": r"-?[0-9]{1,12}",
    "sa": r"(?:0[xX])?[0-9A-Fa-f]{1,16}",
}
_COLONS: Mapping[str, str] = {
    "next-payload": r"[0-9]{1,3}",
    "type": r"[0-9]{1,3}",
    "address": rf"(?P<id_address>{_END})(?:[ /][0-9.]{{7,15}})?",
    "protocol": r"[0-9]{1,3}",
    "port": r"[0-9]{1,5}",
    "length": r"[0-9]{1,5}",
    "(?:src|dst) addr": rf"{_END}(?:/{_VALUE})?",
    "(?:src|dst) port": r"[0-9]{1,5}",
    "FQDN name": r"(?P<fqdn>[^\s]{1,120})",
    "USER FQDN(?: name)?": r"(?P<user_fqdn>[^\s]{1,120})",
    "[Gg]roup id": r"(?P<key_id>[^\s]{1,120})",
    "(?:Dist\\.? name|DN|DN name)": r"[^\n]{1,120}",
}
_FREE = (
    r"\(key eng\. msg\.?\)(?: (?P<direction>INBOUND|OUTBOUND))?",
    r"\(identity\)",
    r"\(sa\)",
    r"spi (?P<spi_number>[0-9]{1,20})",
    r"authenticated\b",
    r"proceeding with the negotiation",
    r"IPSEC get IKMP peer index from peer 0[xX][0-9A-Fa-f]{1,16} ikmp handle 0[xX][0-9A-Fa-f]{1,16}",
    r"IPSEC IKMP peer index [0-9]{1,10}",
    r"\[[a-z_]{1,48}\] ?: [A-Z][A-Za-z ,]{1,80}(?:0[xX][0-9A-Fa-f]{1,16})?(?: ?, ?peer index [0-9]{1,10})?",
    r"Address: [0-9.]{7,15}",
    rf"from {_END} to {_END} for prot [0-9]{{1,3}}",
    rf"\(proxy {_END} to {_END} ?\)",
    r"has spi (?:0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10}) and conn_id -?[0-9]{1,10}(?: and flags [0-9A-Fa-fx]{1,8})?",
    r"lifetime of [0-9]{1,12} (?:seconds|kilobytes)",
    r"has client flags (?:0[xX])?[0-9A-Fa-f]{1,8}",
    rf"bring down existing phase 1 and 2 SA's with local {_END} remote {_END} remote port [0-9]{{1,5}}",
    r"peer struct 0[xX][0-9A-Fa-f]{1,16}",
)
_PIECE = re.compile(
    r"[\s,;.]{0,16}(?:"
    + "|".join(
        (
            *_FREE,
            *(rf"{key} ?= ?{value}" for key, value in _EQUALS.items()),
            *(rf"{key} ?: ?[. ]?{value}" for key, value in _COLONS.items()),
        )
    )
    + r")[\s,;.]{0,16}(?:\( ?[^\x00-\x7f][^()\n]{0,60}\)[\s,;.]{0,16})?"
)
_MOST = 64
"""Pieces in a block at most; real ones have some twenty."""


def parts(text: str) -> dict[str, str] | None:
    """The parts of rows, which may be joined; None where something in between is no row."""
    found: dict[str, str] = {}
    position = count = 0
    text = text.strip()
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None or piece.end() == position or count == _MOST:
            return None
        position, count = piece.end(), count + 1
        found.update({name: value.strip() for name, value in piece.groupdict().items() if value is not None})
    return found or ({} if count else None)
