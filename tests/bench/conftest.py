"""The benches are scripts beside one another: what tests import of them is found in their folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
