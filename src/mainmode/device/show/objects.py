"""`show object-group` and `show object`: the lines of the configuration that declare them."""

from mainmode.device.config.model import Configuration
from mainmode.device.config.running import running_config
from mainmode.device.show.standing import Standing


def objects(standing: Standing, family: str, keywords: tuple[str, ...], name: str | None) -> str:
    """The declarations of `family` (`object` or `object-group`); of one kind, or of one name."""
    kind = next((word for word in keywords if word != "id"), None)
    return declared(standing.configuration, f"{family} {kind}" if kind is not None else family, name)


def declared(configuration: Configuration, section: str, name: str | None = None) -> str:
    """The declarations of objects or groups in a section of the configuration; of one name, or all."""
    output = running_config(configuration, section)
    return "".join(
        block for block in _blocks(output) if "\n nat (" not in block and name in (None, block.split(None, 3)[2])
    )


def _blocks(output: str) -> list[str]:
    """The declarations one by one; the translation of an object is a block of its own."""
    blocks: list[str] = []
    for line in output.splitlines(keepends=True):
        if line.startswith(" "):
            blocks[-1] += line
        else:
            blocks.append(line)
    return blocks
