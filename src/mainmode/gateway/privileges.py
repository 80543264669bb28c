"""What the process may do, and giving up what it needs no more (capabilities(7), prctl(2))."""

import ctypes
import os
import resource
import struct
from pathlib import Path

from mainmode.base.errors import InputError

NET_BIND_SERVICE, NET_ADMIN, NET_RAW = 10, 12, 13
_NAMES = {NET_BIND_SERVICE: "CAP_NET_BIND_SERVICE", NET_ADMIN: "CAP_NET_ADMIN", NET_RAW: "CAP_NET_RAW"}
_USES = {
    NET_BIND_SERVICE: "UDP port 500",
    NET_ADMIN: "tunnel devices, routes and the kernel's IPsec",
    NET_RAW: "ESP, and ICMP errors of routers",
}
_STATUS = Path("/proc/self/status")
_UNPRIVILEGED_PORTS = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_IKE_PORT = 500
_PR_SET_DUMPABLE, _PR_SET_NAME = 4, 15
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4
_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63


def held(status: Path = _STATUS) -> int:
    """The effective capabilities as bits."""
    for line in status.read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def missing(effective: int, first_free_port: int) -> tuple[int, ...]:
    """The capabilities that a gateway needs to start and does not have."""
    needed = [NET_ADMIN, NET_RAW]
    if first_free_port > _IKE_PORT:
        needed.append(NET_BIND_SERVICE)
    return tuple(one for one in needed if not effective >> one & 1)


def check() -> None:
    """Raises InputError that names exactly the capabilities that are missing, and how to give them."""
    lacking = missing(held(), _first_free_port())
    if lacking:
        named = ", ".join(f"{_NAMES[one]} ({_USES[one]})" for one in lacking)
        every = " ".join(_NAMES[one] for one in sorted(_NAMES))
        raise InputError(
            f"missing: {named}. Run it as root, or give it the capabilities: AmbientCapabilities={every} in a systemd "
            f"unit, --cap-add for a container"
        )


def hide_memory() -> None:
    """Keys that are read from here on stay in this process: no core is dumped, and no process of its user looks in."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def take_name(name: str) -> None:
    """What `ps` and a second start call this process; a hidden one may not write its name into /proc."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def give_up() -> str | None:
    """Keep CAP_NET_ADMIN alone, for good: no other capability comes back, whatever is executed.

    Of the calling thread and those that it starts later. What could not be given up, None where all went well.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    problems = []
    refused = [
        one
        for one in range(_LAST_CAPABILITY + 1)
        if one != NET_ADMIN and libc.prctl(_PR_CAPBSET_DROP, one, 0, 0, 0) and ctypes.get_errno() == 1
    ]
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        problems.append(f"no_new_privs: {os.strerror(ctypes.get_errno())}")
    header = ctypes.create_string_buffer(struct.pack("=Ii", _VERSION_3, 0))
    kept = 1 << NET_ADMIN
    data = ctypes.create_string_buffer(struct.pack("=6I", kept, kept, 0, 0, 0, 0))
    if libc.capset(header, data):
        problems.append(f"capset: {os.strerror(ctypes.get_errno())}")
    if refused and problems:
        problems.append("the bounding set stays as it was")
    return "; ".join(problems) or None


def _first_free_port() -> int:
    try:
        return int(_UNPRIVILEGED_PORTS.read_text())
    except (OSError, ValueError):
        return 1024
