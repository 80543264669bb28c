"""The `Config:` part of a phase: the lines of the running configuration that decided, objects with their contents."""

from collections.abc import Iterable, Iterator

from mainmode.base.provenance import Source, Statement
from mainmode.device.config.model import AccessGroup, AccessList, Ace, Configuration, GroupRef, ObjectRef
from mainmode.device.config.running import entry_text, written_lines
from mainmode.device.show.objects import declared


class Lines:
    """The lines of one configuration, as `show running-config` writes them."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._written = written_lines(configuration)
        self._entries: dict[Source, tuple[AccessList, Ace]] = {}

    def of(self, sources: Iterable[Source]) -> tuple[str, ...]:
        """The lines in this order, each once, a head line once for all that stand below it in a row.

        What no line says is left out. Behind an access list entry stand the contents of the objects that it names.
        """
        rows: list[str] = []
        head: str | None = None
        for source in dict.fromkeys(sources):
            if not isinstance(source, Statement):
                continue
            entry = self.entry(source)
            written = self._entry_text(source) or self._written.get(source) or (" ".join(source.text.split()),)
            above = written[0] if len(written) > 1 else None
            rows += written[1:] if above is not None and above == head else written
            head = above
            if entry is not None:
                rows += self._contents(entry)
                head = None
        return tuple(rows)

    def entry(self, source: Source) -> Ace | None:
        """The access list entry that a line is."""
        found = self._found(source)
        return found[1] if found is not None else None

    def _found(self, source: Source) -> tuple[AccessList, Ace] | None:
        if not self._entries:
            lists = self._configuration.access_lists.values()
            self._entries = {ace.source: (one, ace) for one in lists for ace in one.aces}
        return self._entries.get(source)

    def _entry_text(self, source: Source) -> tuple[str, ...]:
        found = self._found(source)
        return (entry_text(self._configuration, *found),) if found is not None else ()

    def group(self, source: Source) -> AccessGroup | None:
        """The `access-group` that a line is."""
        return next((one for one in self._configuration.access_groups if one.source == source), None)

    def _contents(self, entry: Ace) -> Iterator[str]:
        """The declarations of the objects and groups that an entry names, each with its contents."""
        parts = (entry.protocol, entry.source_address, entry.destination_address, entry.source_port,
                 entry.destination_port, entry.icmp)  # fmt: skip
        families = {ObjectRef: "object", GroupRef: "object-group"}
        for part in dict.fromkeys(part for part in parts if isinstance(part, ObjectRef | GroupRef)):
            yield from declared(self._configuration, families[type(part)], part.name).splitlines()
