"""Run by the Python that has scrapli: `scrapli_sitting.py PORT < STEPS`, both sides in JSON.

A step is a list of lines and the mode that they are typed in; the answer is whether scrapli holds it for failed, and
the text that came over the wire.
"""

import json
import sys

from scrapli import AuthOptions, Cli, LookupKeyValue, SessionOptions

steps = json.load(sys.stdin)
cli = Cli(
    "127.0.0.1",
    port=int(sys.argv[1]),
    definition_file_or_name="cisco_asa",
    auth_options=AuthOptions(username="ann", password="hush-ann", lookups=[LookupKeyValue("enable", "3nable")]),
    session_options=SessionOptions(operation_timeout_s=60),
)
with cli as connection:
    answers = [["prompt", False, connection.get_prompt().result]]
    for mode, lines in steps:
        result = connection.send_inputs(lines, requested_mode=mode)
        answers.append([mode, result.failed, result.result])
json.dump(answers, sys.stdout)
