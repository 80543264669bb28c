"""The anti-replay window of an inbound SA (RFC 4303 §3.4.3), and the bitmap that the device prints of it."""

DEFAULT_SIZE = 64
LARGEST_SIZE = 1024


def check_size(size: int | None) -> None:
    """Raises ValueError for a size that no window has."""
    if size is not None and not DEFAULT_SIZE <= size <= LARGEST_SIZE:
        raise ValueError(f"a replay window of {size} packets")


class ReplayWindow:
    """Which of the last `size` sequence numbers were received. Ask `accepts`, check the ICV, then `mark`."""

    __slots__ = ("_base", "_highest", "_seen", "advanced", "enabled", "size")

    def __init__(self, size: int | None = DEFAULT_SIZE) -> None:
        """`size` from 64 to 1024 packets. Raises ValueError for another.

        None switches the check off: every number is accepted, and the last ones are noted all the same.
        """
        check_size(size)
        self.enabled = size is not None
        self.size = size if size is not None else DEFAULT_SIZE
        self.advanced = False
        """Whether the packet that was noted last has a higher number than all before it."""
        self._base = self._highest = 0
        # Bit n is sequence number base + n. The first packet's number is 1, so number 0 counts as seen.
        self._seen = 1

    def accepts(self, sequence: int) -> bool:
        """Whether a packet with this number is new: right of the window, or inside it and not seen."""
        if not self.enabled:
            return True
        return sequence >= self._base and not self._seen >> (sequence - self._base) & 1

    def mark(self, sequence: int) -> None:
        """Note a packet whose integrity was verified; the window slides until that number is inside."""
        self.advanced = sequence > self._highest
        if self.advanced:
            self._highest = sequence
        place = sequence - self._base
        if place >= self.size:
            slide = place - self.size + 1
            self._base += slide
            self._seen >>= slide
            place = self.size - 1
        if place >= 0:
            self._seen |= 1 << place

    def mark_run(self, count: int) -> None:
        """Note so many packets whose integrity was verified, numbered on from the highest."""
        if not count:
            return
        self.advanced = True
        end = self._highest + count - self._base + 1
        self._seen |= (1 << end) - (1 << end - count)
        self._highest += count
        slide = max(0, end - self.size)
        self._base += slide
        self._seen >>= slide

    def bitmap(self) -> tuple[int, int]:
        """High and low 32-bit word of the last 64 numbers, as `show crypto ipsec sa` prints them.

        Bit n stands for number n, and bit 0 is set from the start: four packets make 0x00000000 0x0000001F
        (reference show output). From number 64 on the top bit is the highest number received and bit 0 the
        one 63 before it (inferred: it continues the rule and gives the two full words of busy devices).
        """
        last = self._seen >> max(0, self._seen.bit_length() - 64)
        return last >> 32, last & 0xFFFFFFFF
