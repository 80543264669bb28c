"""Message ids of the vendor's guide about IKE and IPsec whose wording changed between releases.

A line with one of these ids is known for what it is even where its words are none that are declared; it tells nothing
then. Ids that carry free text (713900 to 713906, 714001, 714011, 715001, 715046 and the like) are not among them: of
those only the words tell anything, and words that nobody declared are reported as unknown.
"""


def _numbers(family: int, text: str) -> frozenset[str]:
    found: set[str] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        found.update(f"{family}{number:03d}" for number in range(int(first), int(last or first) + 1))
    return frozenset(found)


FIXED_IDS: frozenset[str] = (
    _numbers(402, "101-103 106 114-131 140-150")
    | _numbers(602, "101-104 201-203 301-306")
    | _numbers(702, "201-212 301-303 305 307")
    | _numbers(
        713,
        "004 006 008-010 012 014 016-018 020 022 024 025 028 029 032-035 039-043 047-050 052 056 059-063 065 066 068 "
        "072-076 078 081-086 088 092 094 098 099 102-105 107 109 112-124 127-149 152 154-172 174 176-179 182 "
        "184-187 189-191 193-199 201-256 257-276",
    )
    | _numbers(714, "002-007")
    | _numbers(715, "004-009 013 018-022 027 028 031-042 044 045 048-080")
    | _numbers(717, "001-064")
    | _numbers(750, "001-015")
    | _numbers(751, "001-028")
    | _numbers(752, "001-017")
)
