"""Passwords typed in clear are kept as hashes, as a device keeps them. What makes a hash comes from outside."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from mainmode.base.secret import Secret
from mainmode.device.config.commands.administration import ADMINISTRATION, ENABLE_LEVELS, USERS
from mainmode.device.config.declaration import Command
from mainmode.device.config.draft import Draft, Record, Table
from mainmode.device.config.model import Password, PasswordLogin, Sourced, StoredPassword

Hasher = Callable[[Secret, str, bool], tuple[str, Secret]]
"""(password, user's name or empty, whether `encrypted` is asked for) -> the form of the hash, and the hash."""

_FIELDS: tuple[tuple[Table, str], ...] = (
    (ADMINISTRATION, "enable_password"),
    (ADMINISTRATION, "login_password"),
    (ENABLE_LEVELS, "stored"),
    (USERS, "login"),
)
_TABLES = frozenset(table for table, _ in _FIELDS)


def concerns(command: Command) -> bool:
    """Whether a command may bring a password in clear."""
    return command.action.table in _TABLES and bool(command.syntax.secrets)


def keep_hashes(draft: Draft, hasher: Hasher, before_pbkdf2: bool) -> bool:
    """Put hashes in the place of passwords in clear; whether there were any. `before_pbkdf2`: as 8.x kept them."""
    changed = False
    for record, name, said in _in_clear(draft):
        stored, user = said.value, str(record.key[0]) if record.key and name == "login" else ""
        form, text = hasher(stored.password.text, user, before_pbkdf2 or name == "login_password")
        record.fields[name] = Sourced(replace(stored, password=Password(text), form=form), said.source)
        changed = True
    return changed


def _in_clear(draft: Draft) -> Iterator[tuple[Record, str, Sourced[Any]]]:
    for table, name in _FIELDS:
        for record in draft.of(table).values():
            said = record.fields.get(name)
            value = said.value if said is not None else None
            if (
                said is not None
                and isinstance(value, StoredPassword | PasswordLogin)
                and value.form is None
                and value.password.text is not None
            ):
                yield record, name, said
