from mainmode.lab.entropy import SeededEntropy


def test_a_seed_and_a_name_determine_the_stream() -> None:
    assert [SeededEntropy(1, "a").take(20) for _ in range(2)] == [SeededEntropy(1, "a").take(20)] * 2
    streams = {SeededEntropy(seed, name).take(32) for seed in (0, 1, 2**64 - 1) for name in ("a", "b")}
    assert len(streams) == 6


def test_a_stream_does_not_repeat() -> None:
    entropy = SeededEntropy(3, "a")
    assert len({entropy.take(16) for _ in range(1000)}) == 1000
    assert entropy.take(0) == b""


def test_shares_are_spread_over_the_unit_interval() -> None:
    entropy = SeededEntropy(4, "link")
    shares = [entropy.share() for _ in range(4000)]
    assert all(0 <= share < 1 for share in shares)
    assert 0.48 < sum(shares) / len(shares) < 0.52
