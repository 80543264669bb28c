"""A person's sessions at a real terminal go as their transcripts say, to the last octet."""

import pytest
from scenes import play, read_scene, scenes, spelled


@pytest.mark.parametrize("name", scenes())
def test_a_session_goes_as_its_transcript_says(name: str) -> None:
    scene = read_scene(name)
    for step, came, drawn in play(scene):
        assert spelled(came) == spelled(step.came), step.written
        assert drawn == step.drawn, step.written


def test_a_transcript_is_read_and_written_the_same() -> None:
    for name in scenes():
        scene = read_scene(name)
        assert len(scene.steps) > 3
        assert scene.steps[0].came
