"""The kernel's IPsec as calls: SAs and policies in, out, changed and listed.

Source: linux/xfrm.h (XFRM_MSG_*). All need CAP_NET_ADMIN. No message that goes out or comes in is ever printed: they
hold keys.
"""

from struct import error

from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.sockets import RequestSocket
from mainmode.gateway.xfrm.events import NETLINK_XFRM
from mainmode.gateway.xfrm.layout import Direction, SaId, Selector
from mainmode.gateway.xfrm.policies import Policy, any_policy, read_policy, write_policy, write_policy_id
from mainmode.gateway.xfrm.states import State, StateReport, any_state, read_state, write_state, write_state_id

_NEW_SA, _DELETE_SA, _GET_SA = 16, 17, 18
_NEW_POLICY, _DELETE_POLICY, _GET_POLICY = 19, 20, 21
_UPDATE_POLICY, _UPDATE_SA = 25, 26


class Xfrm:
    """Raises NetlinkError from every method, whose text names the SA or the policy and the kernel's reason."""

    def __init__(self) -> None:
        self._socket = RequestSocket(NETLINK_XFRM, "the kernel's IPsec (XFRM)")

    def add_state(self, state: State) -> None:
        """EEXIST where one with this SPI and destination stands; UnknownSuiteError for a suite without words."""
        self._socket.request(_NEW_SA, write_state(state), f"install the SA {state.sa}")

    def update_state(self, state: State) -> None:
        """Lifetimes and UDP ports become these, the counters and sequence numbers stay. ESRCH where there is none."""
        self._socket.request(_UPDATE_SA, write_state(state), f"change the SA {state.sa}")

    def remove_state(self, sa: SaId) -> None:
        """ESRCH where there is none."""
        self._socket.request(_DELETE_SA, write_state_id(sa), f"remove the SA {sa}")

    def state(self, sa: SaId) -> StateReport:
        """One SA. ESRCH where there is none."""
        doing = f"look at the SA {sa}"
        found = self._socket.request(_GET_SA, write_state_id(sa), doing)
        try:
            reports = [read_state(message.body) for message in found if message.kind == _NEW_SA]
        except (ValueError, error) as broken:
            raise NetlinkError(doing, 0, f"the kernel's answer is not understood: {broken}") from broken
        report = reports[0] if reports else None
        if report is None:
            raise NetlinkError(doing, 0, "the kernel's answer is empty")
        return report

    def states(self) -> list[StateReport]:
        """All SAs of ESP over IPv4, those of other programs too."""
        doing = "list the SAs"
        try:
            found = [read_state(message.body) for message in self._socket.dump(_GET_SA, any_state(), doing)]
        except (ValueError, error) as broken:
            raise NetlinkError(doing, 0, f"the kernel's answer is not understood: {broken}") from broken
        return [one for one in found if one is not None]

    def add_policy(self, policy: Policy) -> None:
        """EEXIST where one with this selector and direction stands."""
        self._socket.request(_NEW_POLICY, write_policy(policy), f"install the {policy}")

    def update_policy(self, policy: Policy) -> None:
        """The policy in the place of the one with this selector and direction; where there is none, a new one."""
        self._socket.request(_UPDATE_POLICY, write_policy(policy), f"change the {policy}")

    def remove_policy(self, selector: Selector, direction: Direction) -> None:
        """ENOENT where there is none."""
        doing = f"remove the {direction.name.lower()} policy for {selector}"
        self._socket.request(_DELETE_POLICY, write_policy_id(selector, direction), doing)

    def policies(self) -> list[Policy]:
        """All policies for IPv4 that are not of a socket and do not block, those of other programs too."""
        doing = "list the policies"
        try:
            found = [read_policy(message.body) for message in self._socket.dump(_GET_POLICY, any_policy(), doing)]
        except (ValueError, error) as broken:
            raise NetlinkError(doing, 0, f"the kernel's answer is not understood: {broken}") from broken
        return [one for one in found if one is not None]

    def close(self) -> None:
        """Close the door; what was made stays."""
        self._socket.close()
