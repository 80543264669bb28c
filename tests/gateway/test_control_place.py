"""Where the control socket is: its modes, and what may stand there before."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainmode.base.errors import InputError
from mainmode.gateway.control.place import Place


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose name leaves room for a socket's."""
    place = tmp_path_factory.mktemp("c")
    before = Path.cwd()
    os.chdir(place)
    yield Path()
    os.chdir(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def _opened(path: Path) -> tuple[Place, socket.socket]:
    place = Place(str(path))
    return place, place.open()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_socket_is_for_user_and_group_whatever_the_umask(folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        place, bound = _opened(folder / "run" / "control")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    with bound:
        assert (_mode(folder / "run"), _mode(folder / "run" / "control")) == (0o750, 0o660)
    place.close()
    assert not (folder / "run" / "control").exists()


def test_a_folder_that_was_there_stays_as_it_is(folder: Path) -> None:
    (folder / "run").mkdir()
    (folder / "run").chmod(0o711)
    place, bound = _opened(folder / "run" / "control")
    bound.close()
    place.close()
    assert _mode(folder / "run") == 0o711


def test_the_socket_of_a_dead_gateway_is_replaced(folder: Path) -> None:
    path = folder / "control"
    _, dead = _opened(path)
    dead.listen()
    dead.close()
    assert path.exists()
    place, bound = _opened(path)
    with bound, socket.socket(socket.AF_UNIX) as client:
        bound.listen()
        client.connect(str(path))
    place.close()


def test_that_of_a_live_one_is_not_even_with_a_full_backlog(folder: Path) -> None:
    path = folder / "control"
    place, live = _opened(path)
    with live:
        live.listen(0)
        clients = []
        for _ in range(3):
            with pytest.raises(InputError, match="a gateway runs already and listens on control; stop it, or name"):
                Place(str(path)).open()
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            client.connect_ex(str(path))
            clients.append(client)
        for client in clients:
            client.close()
    place.close()


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_no_socket_stays(folder: Path, kind: str) -> None:
    path = folder / "control"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="control is there and no socket, so it stays; name another place"):
        Place(str(path)).open()
    assert path.is_symlink() or path.is_dir() or path.read_text() == "mine"


@pytest.mark.parametrize("path", ["x" * 108, "run/\0", "", "/proc/nothing/here/control", "file/control"])
def test_a_path_that_no_socket_can_have_is_told(folder: Path, path: str) -> None:
    (folder / "file").write_text("")
    with pytest.raises(InputError, match="name another place with --control"):
        Place(path).open()


def test_the_longest_path_is_taken(folder: Path) -> None:
    place, bound = _opened(folder / ("x" * 107))
    bound.close()
    place.close()


def test_at_the_end_the_socket_of_another_gateway_is_left_alone(folder: Path) -> None:
    path = folder / "control"
    first, bound = _opened(path)
    bound.close()
    second, other = _opened(path)
    first.close()
    assert path.exists()
    other.close()
    second.close()
    assert not path.exists()
