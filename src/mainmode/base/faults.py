"""Faults of mainmode itself, as they are told: what is said of one never holds its text, which may tell of keys."""


def place_of(fault: BaseException) -> str:
    """The kind of a fault and where it happened: `KeyError in box.py, line 10`."""
    import traceback  # loaded where something went wrong only

    frames = traceback.extract_tb(fault.__traceback__)
    where = f" in {frames[-1].filename.rpartition('/')[2]}, line {frames[-1].lineno}" if frames else ""
    return type(fault).__name__ + where
