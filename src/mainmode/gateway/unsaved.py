"""What was typed at a prompt and never saved, as it is told when the file is read again."""

from collections.abc import Iterable, Iterator, Mapping

from mainmode.device.running import Running

_MOST = 20
_HASHED = ("username ", "enable password ", "passwd ")
"""Lines whose hashes are made anew at each reading: they are known by what others see of them."""


def thrown_away(startup: str, revealed: str, shown: str, after: Running) -> tuple[str, ...]:
    """What is lost when `after` takes the place of a configuration in which lines were typed, keys masked.

    `startup` is the text that it was read from; `revealed` and `shown` are it as it ran, with its keys and without.
    """
    first = Running(startup, "")
    read = _entries(first.text(reveal=True), first.text())
    ran = _entries(revealed, shown)
    now = _entries(after.text(reveal=True), after.text())
    gone = [text for key, text in ran.items() if key not in read and key not in now]
    back = [text for key, text in read.items() if key not in ran and key in now]
    return (
        *_told("typed at the prompt and not saved, so it is gone", gone),
        *_told("taken away at the prompt and not saved, so it is there again", back),
    )


def _told(what: str, lines: Iterable[str]) -> Iterator[str]:
    lines = list(lines)
    for line in lines[:_MOST]:
        yield f"{what}: {line}"
    if len(lines) > _MOST:
        yield f"{what}: {len(lines) - _MOST} more lines"


def _entries(revealed: str, shown: str) -> Mapping[str, str]:
    """Each line below the one that it belongs to, with what may be shown of it."""
    entries: dict[str, str] = {}
    head = shown_head = ""
    for line, masked in zip(revealed.splitlines(), shown.splitlines(), strict=True):
        if not line.strip() or line[0] in ":!":
            continue
        if line[0] != " ":
            head, shown_head = line, masked
            entries[masked if line.startswith(_HASHED) else line] = masked
        else:
            entries[f"{head}\n{masked if head.startswith(_HASHED) else line}"] = f"{shown_head}: {masked.strip()}"
    return entries
