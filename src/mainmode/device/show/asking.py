"""`show …` as a person asks for it: looked up in the table of `show` commands and carried out on what stands."""

from mainmode.device.line.complaining import refusal
from mainmode.device.line.lookup import LineError, look_up
from mainmode.device.show.commands import PROMPTED
from mainmode.device.show.standing import Standing

_LONGEST = 510
"""Characters of a command line that the device takes."""


def show(standing: Standing, command: str) -> str:
    """The output of `command`, with or without its leading `show`.

    Raises InputError in the device's wording, with what was expected.
    """
    tokens = command[:_LONGEST].split()
    if not tokens or not _is_show(tokens[0]):
        tokens.insert(0, "show")
    try:
        found = look_up(PROMPTED, tokens, standing.configuration)
    except LineError as error:
        prompt = f"{standing.configuration.settings.hostname.value}# "
        raise refusal(error, prompt, " ".join(tokens)) from None
    return found.command.handler(standing, found.asked)


def _is_show(token: str) -> bool:
    return len(token) > 1 and "show".startswith(token.lower())
