"""`show object-group` and `show object`: the lines of the configuration that declare them."""

from mainmode.device.config.running import running_config
from mainmode.device.show.standing import Standing


def objects(standing: Standing, family: str, keywords: tuple[str, ...], name: str | None) -> str:
    """The declarations of `family` (`object` or `object-group`); of one kind, or of one name."""
    kind = next((word for word in keywords if word != "id"), None)
    output = running_config(standing.configuration, f"{family} {kind}" if kind is not None else family)
    if name is None:
        return output
    kept: list[str] = []
    wanted = False
    for line in output.splitlines(keepends=True):
        if not line.startswith(" "):
            wanted = line.split()[2] == name
        if wanted:
            kept.append(line)
    return "".join(kept)
