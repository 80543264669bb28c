"""How much of a target's modules a corpus reaches: lines of functions run, of all there are, counted by tracing."""

import sys
import time
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from fuzz.judge import judge
from fuzz.target import ROOT, Target

_SOURCE = ROOT / "src"
_LONGEST = 120.0
"""CPU seconds after which the rest of a corpus is left out."""


def modules() -> dict[str, Path]:
    """The files of all modules, by their dotted names."""
    found = {}
    for path in sorted(_SOURCE.rglob("*.py")):
        found[".".join(path.relative_to(_SOURCE).with_suffix("").parts).removesuffix(".__init__")] = path
    return found


class Reach:
    """Lines of the functions of some modules, and which of them ran. What runs at import does not count."""

    def __init__(self, prefixes: tuple[str, ...]) -> None:
        """`prefixes` of module names, as a target has them."""
        self._left: dict[tuple[str, int, str], set[int]] = {}
        for module, path in modules().items():
            if module.startswith(prefixes):
                code = compile(path.read_text("utf-8"), str(path), "exec", dont_inherit=True)
                self._add(code, inside=False)
        self.total = sum(len(lines) for lines in self._left.values())

    def _add(self, code: CodeType, inside: bool) -> None:
        if inside:
            lines = {line for _, _, line in code.co_lines() if line is not None} - {code.co_firstlineno}
            if lines:
                self._left[code.co_filename, code.co_firstlineno, code.co_name] = lines
        for part in code.co_consts:
            if isinstance(part, CodeType):
                self._add(part, inside or (part.co_name != "<module>" and not _is_class(part)))

    @property
    def hit(self) -> int:
        """Lines that ran."""
        return self.total - sum(len(lines) for lines in self._left.values())

    def over(self, target: Target, folders: list[Path]) -> dict[str, int]:
        """Run the inputs of these folders: lines hit, lines in all, inputs run and inputs there are."""
        paths = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
        done, began = 0, time.process_time()
        for path in paths:
            if time.process_time() - began > _LONGEST:
                break
            sys.settrace(self._called)
            try:
                judge(target, path.read_bytes())
            finally:
                sys.settrace(None)
            done += 1
        return {"hit": self.hit, "total": self.total, "inputs": done, "corpus": len(paths)}

    def _called(self, frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        left = self._left.get((code.co_filename, code.co_firstlineno, code.co_name))
        if not left:
            return None

        def lines(frame: FrameType, event: str, argument: object) -> Any:
            left.discard(frame.f_lineno)
            return lines if left else None

        return lines


def _is_class(code: CodeType) -> bool:
    """Whether a code object is the body of a class: that runs at import, its methods later."""
    return "__qualname__" in code.co_names and "__module__" in code.co_names
