"""Every fuzz target holds over its seeds and its pinned inputs, without atheris; and each can fail."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest
from fuzz import steps
from fuzz.boxes import Scene
from fuzz.holding import Holding
from fuzz.judge import judge
from fuzz.steps import ALL, Kind, Stage, Step, write
from fuzz.target import FOUND, load, names, pinned
from fuzz.targets import datagram_established as established
from fuzz.targets import datagram_half_open as half_open

from mainmode.base.instant import later, seconds
from mainmode.base.secret import Secret
from mainmode.ike import informational
from mainmode.ike.inbound import Inbound
from mainmode.ike.sa import IkeSa, Turn

DATAGRAMS = ("datagram-fresh", "datagram-half-open", "datagram-established")


@pytest.mark.parametrize("name", names())
def test_the_seeds_of_a_target_hold(name: str) -> None:
    target = load(name)
    seeds = list(target.seeds())
    assert seeds
    faults = [fault for seed in seeds if (fault := judge(target, seed)) is not None]
    assert [fault.text for fault in faults[:3]] == []


@pytest.mark.parametrize("name", names())
def test_what_once_broke_a_target_does_not_any_more(name: str) -> None:
    target = load(name)
    faults = {file: judge(target, octets) for file, octets in pinned(name).items()}
    assert {file: fault.text for file, fault in faults.items() if fault is not None} == {}


def test_every_pinned_input_has_its_line() -> None:
    for folder in (path for path in FOUND.iterdir() if path.is_dir()):
        assert folder.name in names()
        lines = re.findall(r"^\| `(\S+\.bin)` \| \S.+ \|$", (FOUND / f"{folder.name}.md").read_text("utf-8"), re.M)
        assert sorted(lines) == sorted(pinned(folder.name))


@pytest.mark.parametrize("name", names())
def test_seeds_are_the_same_each_time(name: str) -> None:
    assert list(load(name).seeds()) == list(load(name).seeds())


# --- the datagram targets reach what they are for --------------------------------------------------------------------


def _states(scene: Scene) -> list[str]:
    return [one.state.value for one in (*scene.sas, *scene.quick_modes)]


@pytest.mark.parametrize("place", range(len(half_open._SCENES)))
def test_the_message_that_is_awaited_is_taken(place: int) -> None:
    starter, stop, awaited = next(
        one for which, one in enumerate(half_open._AWAITED) if place in half_open._places(which)
    )
    scene = half_open._SCENES[place]().again()
    before = _states(scene)
    Stage(scene, Holding(scene)).play(half_open._honest(starter, stop, awaited, place))
    after = _states(scene)
    moved = {
        "MM2": "MM_WAIT_MSG4", "MM3": "MM_WAIT_MSG5", "MM4": "MM_WAIT_MSG6", "MM5": "MM_ACTIVE", "MM6": "MM_ACTIVE",
        "QM1": "QM_WAIT_MSG3", "QM2": "QM_ACTIVE", "QM3": "QM_ACTIVE",
    }[awaited.value]  # fmt: skip
    assert moved not in before
    assert moved in after


def test_any_octets_are_steps_and_steps_are_octets() -> None:
    made = (Step(Kind.IKE, 5, b"one"), Step(Kind.SEALED, 0, b""))
    assert tuple(steps.read(write(3, made, ALL), ALL)) == made
    assert list(steps.read(b"\0", ALL)) == []
    assert len(list(steps.read(bytes(1000), ALL))) == steps.MOST_STEPS


def test_a_scene_is_as_it_was_after_every_run() -> None:
    target = load("datagram-established")
    seeds = [seed for seed in target.seeds() if seed[0] == 1][:40]
    played = established._SCENES[1]()

    def told(seed: bytes) -> list[str]:
        said: list[object] = []
        scene = played.again()
        stage = Stage(scene, Holding(scene))
        scene.noted = said.extend
        stage.play(steps.read(seed, ALL))
        return [type(one).__name__ for one in said]

    assert seeds
    assert [told(seed) for seed in seeds] == [told(seed) for seed in seeds]


# --- and they can fail ---------------------------------------------------------------------------------------------


def _warm(name: str) -> Callable[[str], bool]:
    """Whether the seeds of a target find this, once something is broken; seeds and scenes are made before."""
    target = load(name)
    seeds = list(target.seeds())
    for scene in {seed[0] for seed in seeds}:
        target.run(bytes((scene,)))
    return lambda told: any(told in fault.title for seed in seeds if (fault := judge(target, seed)) is not None)


@pytest.mark.parametrize("name", DATAGRAMS)
def test_an_exception_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _warm(name)

    def raises(*arguments: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(Inbound, "_main_mode", raises)
    assert broken("ValueError: broken")


@pytest.mark.parametrize("name", DATAGRAMS)
def test_a_silent_drop_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _warm(name)
    monkeypatch.setattr(Turn, "drop", lambda *arguments, **more: None)
    assert broken("ended without an effect")


def test_a_delete_with_a_wrong_hash_that_is_obeyed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _warm("datagram-established")
    monkeypatch.setattr(informational, "equal", lambda one, other: True)
    assert broken("nobody proved to be the peer")


def test_a_key_that_is_shown_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _warm("datagram-established")
    monkeypatch.setattr(Secret, "__repr__", lambda self: repr(self.reveal()))
    assert broken("is shown")


def test_a_pair_that_only_one_half_of_the_box_knows_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _warm("datagram-established")
    monkeypatch.setattr("mainmode.ipsec.sad.Sad.remove", lambda self, spi: None)
    assert broken("the data plane")


def test_a_negotiation_that_is_never_given_up_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _warm("datagram-fresh")

    def goes_on(course: object, sa: IkeSa, turn: Turn) -> None:
        sa.deadline = later(turn.now, seconds(60))
        turn.table.touch(sa)

    monkeypatch.setattr("mainmode.ike.course.Course._expire_ike", goes_on)
    assert broken("things are left of negotiations")


def test_an_sa_that_a_wrong_hash_brings_up_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _warm("datagram-half-open")
    monkeypatch.setattr("mainmode.ike.authentication.equal", lambda one, other: True)
    assert broken("nobody proved to be the peer")


def test_a_deadline_that_does_not_go_away_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _warm("datagram-half-open")
    monkeypatch.setattr("mainmode.ike.engine.Engine.expire", lambda self, now: [])
    assert broken("deadlines at one moment")


def test_a_value_that_breaks_out_of_what_is_shown_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _warm("datagram-established")
    monkeypatch.setattr("mainmode.device.box.Box.show", lambda self, command, now: "fine\x1b[2J")
    assert broken("prints the character 0x1b")
