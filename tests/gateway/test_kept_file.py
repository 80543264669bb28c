"""The file that a gateway starts with, as it is written: whole, for its owner only, and never over what nobody read."""

import os
from pathlib import Path

import pytest

from mainmode.base.errors import InputError
from mainmode.gateway.kept_file import KeptFile

BEFORE, AFTER = "hostname before\n", "hostname after\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "asa.cfg"
    file.write_text(BEFORE)
    file.chmod(0o600)
    return file


def kept(path: Path) -> KeptFile:
    return KeptFile(path, path.name, path.read_text)


def others(path: Path) -> set[str]:
    """What else lies beside it."""
    return {one.name for one in path.parent.iterdir()} - {path.name}


def test_the_text_is_written_and_the_first_one_is_kept_beside_it_once(path: Path) -> None:
    former = Path(f"{path}.before")
    assert kept(path).write(AFTER, BEFORE) == (f"INFO: the text that stood there before is kept in {former}",)
    assert kept(path).write("hostname third\n", AFTER) == ()
    assert (path.read_text(), former.read_text()) == ("hostname third\n", BEFORE)
    assert [one.stat().st_mode & 0o7777 for one in (path, former)] == [0o600, 0o600]
    assert others(path) == {"asa.cfg.before"}


def test_a_file_that_others_may_read_is_its_owners_alone_from_then_on_and_that_is_told(path: Path) -> None:
    path.chmod(0o644)
    assert kept(path).write(AFTER, BEFORE)[1] == f"INFO: {path} holds keys: only its owner may read it from here on"
    assert path.stat().st_mode & 0o7777 == 0o600
    assert Path(f"{path}.before").stat().st_mode & 0o7777 == 0o600


def test_a_file_that_somebody_changed_meanwhile_is_not_written_over(path: Path) -> None:
    path.write_text("hostname edited\n")
    with pytest.raises(InputError, match="somebody else has changed it since it was read, and it stays so; SIGHUP"):
        kept(path).write(AFTER, BEFORE)
    assert (path.read_text(), others(path)) == ("hostname edited\n", set())


def test_a_file_that_was_taken_away_is_made_anew(path: Path) -> None:
    path.unlink()
    assert kept(path).write(AFTER, BEFORE) == ()
    assert (path.read_text(), path.stat().st_mode & 0o7777) == (AFTER, 0o600)


def test_the_file_behind_a_link_is_written_and_the_link_stays(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.cfg"
    link.symlink_to(path)
    kept(link).write(AFTER, BEFORE)
    assert link.is_symlink()
    assert path.read_text() == AFTER


def test_what_cannot_be_written_stays_as_it_was_with_nothing_beside_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match=r"asa\.cfg: cannot be written: No space left on device$"):
        kept(path).write(AFTER, BEFORE)
    assert (path.read_text(), others(path)) == (BEFORE, {"asa.cfg.before"})


def test_a_folder_where_the_gateway_may_not_write_is_told_with_what_is_needed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> tuple[int, str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    with pytest.raises(InputError) as told:
        kept(path).write(AFTER, BEFORE)
    assert f"must own the folder {path.parent}, and a systemd unit must name it in ReadWritePaths=" in str(told.value)
    assert path.read_text() == BEFORE


def test_a_file_of_another_user_stays_theirs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if path.stat().st_uid == 0:
        os.chown(path, 12345, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(InputError, match="its owner could not read it any more; chown it"):
        kept(path).write(AFTER, BEFORE)
    assert path.read_text() == BEFORE


def test_what_is_no_file_keeps_nothing(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="is no file, and nothing is kept in it"):
        KeptFile(pipe, "pipe", lambda: BEFORE).write(AFTER, BEFORE)
