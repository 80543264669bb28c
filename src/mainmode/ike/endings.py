"""Why a tunnel or a whole session ends, in the device's words for each of its lines."""

from enum import Enum

from mainmode.ike.effects import Cause


class Ending(Enum):
    """The words of `Connection terminated … Reason:` (713050) and of `Session is being torn down. Reason:` (713259).

    The lists are the syslog guide's; which belong together is inferred. `cause` is the engine's own word for it.
    """

    IDLE = ("IPSec SA Idle Timeout", "Idle Timeout", Cause.IDLE)
    MAX_TIME = ("IPSec SA Max Time Exceeded", "Max Time Exceeded", Cause.SESSION_TIME)
    RESET = ("Administrator Reset", "Administrator Reset", Cause.ADMIN)
    REBOOT = ("Administrator Reboot", "Administrator Reboot", Cause.ADMIN)
    SHUTDOWN = ("Administrator Shutdown", "Administrator Shutdown", Cause.ADMIN)
    PEER = ("Peer Terminate", "User Requested", Cause.PEER_DELETED)
    LOST_SERVICE = ("Session Disconnected", "Lost Service", Cause.LOST_PEER)
    ERROR = ("Session Error Terminated", "Phase 2 Error", Cause.BAD_MESSAGE)

    def __init__(self, tunnel: str, session: str, cause: Cause) -> None:
        self.tunnel = tunnel
        self.session = session
        self.cause = cause
