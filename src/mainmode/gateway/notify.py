"""What systemd is told of a service of `Type=notify` (sd_notify(3)), by the socket that NOTIFY_SOCKET names."""

import os
import socket


def notify(*states: str) -> None:
    """Tell these states, as `READY=1`; nothing happens where nobody listens."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as out:
        try:
            out.sendto("\n".join(states).encode(), where.replace("@", "\0", 1) if where[0] == "@" else where)
        except OSError:
            return


def ready(status: str) -> None:
    """The gateway serves; `status` is what `systemctl status` shows."""
    notify("READY=1", f"STATUS={status}")


def stopping() -> None:
    """The gateway takes its tunnels down."""
    notify("STOPPING=1")
