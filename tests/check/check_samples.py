"""Preflights made by hand: of a failing pair, a healthy one, a folder, and one whose every text is hostile."""

from dataclasses import replace
from importlib.resources import files

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import Encryption1, EspAuthentication, EspTransform, Group, Hash1
from mainmode.base.instant import SECOND, Instant, Span
from mainmode.base.provenance import Absent, Default, Source, Statement
from mainmode.check.agreed import Agreed, Standing
from mainmode.check.caution import Caution
from mainmode.check.fix import Edit, Fix, Proof
from mainmode.check.hours import Hours, Moment, What
from mainmode.check.matrix import Came, Cell, Line, Matrix, Row, Ruling
from mainmode.check.report import Checked, Device, Lonely, Preflight, Unchecked
from mainmode.check.trouble import Trouble
from mainmode.device.config.problem import Problem, Severity
from mainmode.device.config.reader import read
from mainmode.explain.finding import Safety
from mainmode.ipsec.dataplane import EspSuite, Mode
from mainmode.ladder.transcript import Blame, LineSaid, Side

A, B = Side.A, Side.B
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e]]>&amp;|`\n\ud800\x00"
PFS = Statement("b.cfg", 87, "crypto map OUT 20 set pfs group5")
NO_PFS = Absent("a.cfg", "crypto map VPN 10 set pfs group5")

_READ = {
    side: read(files("mainmode.lab").joinpath(f"examples/asa{number}.cfg").read_text("utf-8"), f"{side.value}.cfg")
    for number, side in enumerate(Side, 1)
}


def line(side: Side, proxies: ProxyPair) -> Line:
    """A line of the packaged configurations, said to be about these networks."""
    configuration = _READ[side]
    (crypto_map,) = configuration.crypto_maps.values()
    (entry,) = crypto_map.entries
    return Line(side, entry, next(iter(configuration.access_lists.values())).aces[0], proxies)


def row(number: int, *sides: Side, protocol: int = 0) -> Row:
    """A row that these sides have a line for; both by default."""
    proxies = ProxyPair(
        Proxy.of(f"10.1.{number}.0/24", protocol), Proxy.of("10.2.0.9/32", protocol, 443 if protocol else 0)
    )
    return Row(number, {side: line(side, proxies) for side in sides or Side}, proxies)


AGREED = Agreed(
    Encryption1.AES_CBC,
    256,
    Hash1.SHA2_256,
    Group.MODP_2048,
    86400,
    True,
    False,
    EspSuite(EspTransform.AES_CBC, 256, EspAuthentication.HMAC_SHA2_256),
    Mode.TUNNEL,
    None,
    False,
    {},
)


def up(number: int, starter: Side, came: Came = Came.UP) -> Cell:
    """A cell that is up, or not begun."""
    ruling = Ruling(starter, "CRYPTO-MAP", "PROTECT", "the line permits it", (Statement("a.cfg", 20, "permit"),))
    carries = "The tunnel is up and carries traffic."
    return Cell(number, starter, came, "", "", carries, (ruling,), (), AGREED if came.carries else None)


def rejected(number: int, starter: Side) -> Cell:
    """A cell that the other side's PFS stops."""
    rulings = (
        Ruling(A, "IKE phase 2", "offers no group", "", (NO_PFS,)),
        Ruling(B, "IKE phase 2", "rejects", "PFS is required", (PFS,)),
    )
    blames = (Blame(B, "asks for group 5", PFS), Blame(A, "no counterpart", NO_PFS))
    return Cell(number, starter, Came.REJECTED, "phase 2", "PFS_MISMATCH", "asa2 wants PFS.", rulings, blames)


DEVICES = {
    A: Device(A, "asa1", "a.cfg", "outside", "203.0.113.1"),
    B: Device(B, "asa2", "b.cfg", "outside", "198.51.100.1"),
}


def edit(side: Side, *lines: str) -> Edit:
    """Commands for one side."""
    return Edit("PFS", side, "asks for the same group", lines, lines, Safety.DISRUPTIVE, "the group is the peer's")


def healthy() -> Preflight:
    """Two entries that come up, one of them begun by one side only, with a caution."""
    rows = (row(1), row(2, protocol=6), row(3))
    waiting = replace(up(2, B, Came.NOT_BEGUN), sentence="asa2 only answers: its crypto map entry is answer-only")
    sides = {side: Standing("MAP", 10, rows[0].proxies, 3600, None, ()) for side in Side}
    narrowed = replace(up(3, A, Came.NARROWED), agreed=replace(AGREED, sides=sides))
    matrix = Matrix(rows, (up(1, A), up(1, B), up(2, A), waiting, narrowed, up(3, B)))
    caution = Caution(
        "WEAK_ALGORITHM",
        "Weak algorithms",
        "Phase 2 uses DES.",
        "It is broken in a day.",
        "entry 1 agreed on esp-des",
        (Blame(A, "names DES", Statement("a.cfg", 9, "crypto ipsec transform-set T esp-des esp-sha-hmac")),),
        "Take AES.",
    )
    problem = Problem(Severity.UNKNOWN, "a.cfg", 3, 1, "frobnicate ***", "ERROR: % Invalid input detected", "a command")
    assumptions = ("asa2 hides its pre-shared key",)
    checked = Checked(DEVICES, matrix, (), (), (caution,), assumptions, {A: (problem,), B: ()})
    return Preflight((checked,))


def failing() -> Preflight:
    """Two rows of three that fail when A begins, with two ways to mend it."""
    cells = (rejected(1, A), up(1, B), rejected(2, A), up(2, B), up(3, A), up(3, B))
    matrix = Matrix((row(1), row(2), row(3)), cells, untried=4)
    whole = Matrix(matrix.rows, tuple(up(cell.row, cell.starter) for cell in cells))
    fixes = tuple(
        Fix((edit(side, command),), Proof(whole, f"with this command on {name}: up in both directions", True))
        for side, command, name in (
            (A, "crypto map VPN 10 set pfs group5", "asa1"),
            (B, "no crypto map OUT 20 set pfs", "asa2"),
        )
    )
    said = {
        B: (LineSaid(B, Instant(0), "Group = 203.0.113.1, All IPSec SA proposals found unacceptable!", "x", "QM1"),)
    }
    trouble = Trouble(
        "PFS_MISMATCH",
        "The two sides ask for different PFS groups",
        "asa2 asks for PFS group 5, asa1 for none.",
        ((1, A), (2, A)),
        None,
        rejected(1, A).blames,
        {A: (), **said},
        fixes,
    )
    other = replace(healthy().pairs[0], matrix=matrix, troubles=(trouble,), fixes=fixes, hours=_hours())
    return Preflight((other,), notes=("the second file of the folder is no configuration",))


def _hours() -> Hours:
    idle = Default("a.cfg", "vpn-idle-timeout 30")
    renewed = Statement("a.cfg", 7, "lifetime 600")
    moments = (
        Moment(Span(2 * SECOND), What.UP, A, "asa1 begins"),
        *(Moment(Span(at * SECOND), What.RENEWED_2, A, "entry 1", (renewed,)) for at in (600, 900, 1200)),
        Moment(Span(1800 * SECOND), What.ENDED, A, "idle timeout", (idle,)),
        Moment(Span(2400 * SECOND), What.RENEWED_2, A, "entry 1", (renewed,)),
        Moment(Span(4200 * SECOND), What.ENDED, A, "idle timeout", (idle,)),
    )
    return Hours(8, "a request every hour", Instant(0), moments, 8, 7, True, "It drops after 30 min: idle timeout.")


def unexplained() -> Preflight:
    """A cell that is down without a trouble."""
    pair = replace(failing().pairs[0], troubles=(), fixes=(), hours=None)
    return Preflight((pair,))


def nothing() -> Preflight:
    """A pair with no networks to protect, in a folder with nobody else."""
    pair = replace(failing().pairs[0], matrix=Matrix((), ()), troubles=(), fixes=(), hours=None)
    return Preflight((pair,))


def folder() -> Preflight:
    """Pairs that are up and down, and a peer in no file."""
    lonely = (Lonely("a.cfg", "192.0.2.7", "a.cfg:31 crypto map VPN 30 set peer 192.0.2.7"),)
    pairs = (*healthy().pairs, *failing().pairs, *healthy().pairs, *unexplained().pairs)
    unchecked = (Unchecked(("one.cfg", "two.cfg"), "the worker process ended by signal 9"),)
    return Preflight(pairs, lonely, ("two files have the address 192.0.2.9",), unchecked)


def empty() -> Preflight:
    """A folder without a pair."""
    return Preflight((), folder().lonely, ("nothing here",))


def hostile() -> Preflight:
    """Every text that comes from a file says what would steer a page, a terminal or a document."""
    checked = failing().pairs[0]
    place = Statement(HOSTILE, 1, HOSTILE)
    blames = (Blame(A, HOSTILE, place), Blame(B, HOSTILE, Absent(HOSTILE, HOSTILE)))
    ruling = Ruling(A, HOSTILE, HOSTILE, HOSTILE, (place,))
    cells = tuple(replace(cell, sentence=HOSTILE, rulings=(ruling,), blames=blames) for cell in checked.matrix.cells)
    wrong = Edit("X", A, HOSTILE, (HOSTILE,), (HOSTILE,), Safety.WIDE, HOSTILE)
    fixes = (Fix((wrong, replace(wrong, side=B)), Proof(checked.matrix, HOSTILE, False)),)
    said = {side: (LineSaid(side, Instant(0), HOSTILE, "x", "QM1"),) for side in Side}
    (first,) = checked.troubles
    trouble = replace(first, title=HOSTILE, sentence=HOSTILE, places=blames, said=said, fixes=fixes, at_fault=A)
    caution = Caution("X", HOSTILE, HOSTILE, HOSTILE, HOSTILE, blames, HOSTILE)
    source: Source = place
    moments = (Moment(Span(5), What.SILENT, B, HOSTILE, (source,)),)
    hours = Hours(1, HOSTILE, Instant(0), moments, 1, 0, True, HOSTILE)
    problem = Problem(Severity.ERROR, HOSTILE, 1, 1, HOSTILE, HOSTILE, HOSTILE)
    devices = {side: Device(side, HOSTILE, HOSTILE, HOSTILE, HOSTILE) for side in Side}
    pair = Checked(
        devices,
        Matrix(checked.matrix.rows, cells),
        (trouble, replace(trouble, cells=((1, B),), fixes=(), unproved=HOSTILE)),
        fixes,
        (caution,),
        (HOSTILE,),
        {A: (problem,), B: ()},
        hours,
    )
    unchecked = (Unchecked((HOSTILE, HOSTILE), HOSTILE),)
    return Preflight((pair,), (Lonely(HOSTILE, HOSTILE, HOSTILE),), (HOSTILE,), unchecked)


SAMPLES = {
    "healthy": healthy,
    "failing": failing,
    "unexplained": unexplained,
    "nothing": nothing,
    "folder": folder,
    "empty": empty,
    "hostile": hostile,
}
