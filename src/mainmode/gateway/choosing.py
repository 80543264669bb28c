"""Which data plane carries the tunnels: the one that was asked for, or what this host can do."""

from asyncio import AbstractEventLoop

from mainmode.base.errors import InputError
from mainmode.device.box import Box
from mainmode.gateway.data_plane import DataPlane
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.sockets import IkeSockets
from mainmode.gateway.user_space.plane import UserSpacePlane
from mainmode.gateway.xfrm.choice import choice_for
from mainmode.gateway.xfrm.needs import needs_of
from mainmode.gateway.xfrm.plane import KernelPlane


def choose(word: str, gateway: Gateway, loop: AbstractEventLoop, device: str, sockets: IkeSockets) -> DataPlane:
    """`word` is auto, kernel or user. Raises InputError where the one that was asked for cannot be had."""
    if gateway.share.count > 1:
        return UserSpacePlane(gateway, loop, sockets, f"{gateway.share.count} workers share the tunnels", device)
    if word == "user":
        return UserSpacePlane(gateway, loop, sockets, "it was asked for", device)
    box = gateway.box
    kernel = choice_for(box.configuration, box.settings)
    if word == "auto" and not kernel.fits:
        return UserSpacePlane(gateway, loop, sockets, kernel.why, device)
    if not kernel.able:
        raise InputError(f"the kernel data plane cannot be had: {kernel.why}; leave --data-plane out, or say user")
    for need in kernel.needs:
        gateway.warn(f"the kernel does not do this: {need}")
    return KernelPlane(gateway, loop, "it was asked for" if word == "kernel" else kernel.why, sockets.both)


def unmet(plane: DataPlane, box: Box) -> list[str]:
    """What another configuration asks for that the running data plane does not do."""
    if not isinstance(plane, KernelPlane):
        return []
    return [
        f"the kernel does not do this: {need}; a gateway that is started anew takes the user space data plane"
        for need in needs_of(box.configuration, box.settings)
    ]
