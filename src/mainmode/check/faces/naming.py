"""How every face spells the same things: sides, networks, entries, outcomes, places."""

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import IpProtocol
from mainmode.base.provenance import Source
from mainmode.check.matrix import Came, Cell, Line, Row
from mainmode.check.report import Checked
from mainmode.ladder.spelling import command, place
from mainmode.ladder.transcript import Blame, Side


def name_of(checked: Checked, side: Side) -> str:
    """A side's hostname, with its file where both are called the same."""
    own, other = checked.devices[side], checked.devices[side.other]
    return f"{own.hostname} ({own.file})" if own.hostname == other.hostname else own.hostname


def pair_of(checked: Checked) -> str:
    """`asa1 and asa2`."""
    return " and ".join(name_of(checked, side) for side in Side)


def network(proxy: Proxy) -> str:
    """`10.1.0.0/16`, a host, a range, or `any`; behind it protocol and port where the line names them."""
    if int(proxy.first) == 0 and int(proxy.last) == 0xFFFFFFFF:
        spelled = "any"
    elif proxy.is_host:
        spelled = str(proxy.first)
    elif proxy.mask is not None:
        spelled = f"{proxy.first}/{int(proxy.mask).bit_count()}"
    else:
        spelled = f"{proxy.first}-{proxy.last}"
    return f"{spelled}:{proxy.port}" if proxy.port else spelled


def networks(proxies: ProxyPair) -> str:
    """`10.1.0.0/16 ↔ 10.2.0.0/16`, with the protocol where the line names one."""
    protocol = proxies.local.protocol or proxies.remote.protocol
    spelled = f"{network(proxies.local)} ↔ {network(proxies.remote)}"
    return f"{IpProtocol(protocol).name.lower()} {spelled}" if protocol else spelled


def entry(line: Line | None) -> str:
    """`VPN 10`: map and sequence; `none` where a side has no line for a row."""
    return "none" if line is None else f"{line.entry.map_name} {line.entry.sequence}"


def entries(row: Row) -> str:
    """`VPN 10 ↔ OUT 20`, the entries of side A and of side B."""
    return " ↔ ".join(entry(row.lines.get(side)) for side in Side)


def outcome(cell: Cell) -> str:
    """`up`, `rejected in phase 2: PFS_MISMATCH`."""
    stage = f" in {cell.stage}" if cell.stage and cell.came is Came.REJECTED else ""
    return f"{cell.came.value}{stage}{f': {cell.cause}' if cell.came.down and cell.cause else ''}"


def where(source: Source | None) -> str:
    """`b.cfg:87 crypto map OUT 20 set pfs group5`; empty for no source."""
    return "" if source is None else f"{place(source)} {command(source)}"


def blamed(blame: Blame) -> str:
    """A place with what is to be said of it."""
    spelled = where(blame.source)
    return f"{spelled} ({blame.note})" if spelled and blame.note else spelled or blame.note


def cells_of(checked: Checked, cells: tuple[tuple[int, Side], ...]) -> str:
    """`entries 1–3 begun by either side; entry 4 begun by asa2`: rows and starters; without any, the pair."""
    if not cells:
        return "the whole pair"
    rows = {side: frozenset(row for row, starter in cells if starter is side) for side in Side}
    both = rows[Side.A] & rows[Side.B]
    parts = [(both, "either side")] + [(rows[side] - both, name_of(checked, side)) for side in Side]
    return "; ".join(f"{_numbers(sorted(some))} begun by {who}" for some, who in parts if some)


def _numbers(rows: list[int]) -> str:
    """`entry 1`, `entries 1–3 and 5`."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    spelled = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    listed = spelled[0] if len(spelled) == 1 else f"{', '.join(spelled[:-1])} and {spelled[-1]}"
    return f"{'entry' if len(rows) == 1 else 'entries'} {listed}"
