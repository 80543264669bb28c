"""What goes to the system log only: no debug shows it."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import Down, Phase, Why
from mainmode.catalogue.kinds import (
    DIRECTION,
    DURATION,
    IPV4,
    NAME,
    NUMBER,
    PERMITTED,
    PHRASE,
    SPI_UPPER,
    choice,
)
from mainmode.catalogue.origins import AWS, GUIDE, OURS, PARSER, REMOTE_ACCESS, UKFAST
from mainmode.catalogue.telling import created, disconnected, spi_by_direction

SA_CREATED = entry(
    "SA_CREATED",
    "IPSEC: An {direction} LAN-to-LAN SA (SPI= {spi}) between {local} and {remote} (user= {user}) has been created.",
    Channel.SYSLOG,
    "6-602303",
    UKFAST,
    "An IPsec SA went in; the outbound one comes first.",
    direction=DIRECTION,
    spi=SPI_UPPER,
    local=IPV4,
    remote=IPV4,
    user=NAME,
    tells=created,
    peer_in="remote",
)
SA_DELETED = entry(
    "SA_DELETED",
    "IPSEC: An {direction} LAN-to-LAN SA (SPI= {spi}) between {local} and {remote} (user= {user}) has been deleted.",
    Channel.SYSLOG,
    "6-602304",
    GUIDE,
    "An IPsec SA went out.",
    direction=DIRECTION,
    spi=SPI_UPPER,
    local=IPV4,
    remote=IPV4,
    user=NAME,
    tells=lambda values: (Down(Phase.TWO, Why.UNSAID), *spi_by_direction(values)),
    peer_in="remote",
)
REMOTE_ACCESS_SA_CREATED = entry(
    "REMOTE_ACCESS_SA_CREATED",
    "IPSEC: An {direction} remote access SA (SPI= {spi}) between {local} and {remote} (user= {user}) has been created.",
    Channel.SYSLOG,
    "6-602303",
    REMOTE_ACCESS,
    "An IPsec SA of a remote access user went in.",
    direction=DIRECTION,
    spi=SPI_UPPER,
    local=IPV4,
    remote=IPV4,
    user=NAME,
    tells=created,
    peer_in="remote",
)
REKEYING_BY_DATA = entry(
    "REKEYING_BY_DATA",
    "IPSEC: An {direction} LAN-to-LAN SA (SPI= {spi}) between {local} and {remote} (user= {user}) is "
    "rekeying due to data rollover.",
    Channel.SYSLOG,
    "7-702307",
    GUIDE,
    "An IPsec SA carried as much as its lifetime in kilobytes allows.",
    direction=DIRECTION,
    spi=SPI_UPPER,
    local=IPV4,
    remote=IPV4,
    user=NAME,
    tells=spi_by_direction,
    peer_in="remote",
)
REKEYING_BY_SEQUENCE = entry(
    "REKEYING_BY_SEQUENCE",
    "IPSEC: An {direction} LAN-to-LAN SA (SPI= {spi}) between {local} and {remote} (user= {user}) is "
    "rekeying due to sequence number rollover.",
    Channel.SYSLOG,
    "3-702305",
    GUIDE,
    "An IPsec SA used up its sequence numbers.",
    direction=DIRECTION,
    spi=SPI_UPPER,
    local=IPV4,
    remote=IPV4,
    user=NAME,
    tells=spi_by_direction,
    peer_in="remote",
)
GROUP_POLICY_RETRIEVED = entry(
    "GROUP_POLICY_RETRIEVED",
    "AAA retrieved default group policy ({policy}) for user = {user}",
    Channel.SYSLOG,
    "6-113009",
    UKFAST,
    "The group-policy that applies to the peer.",
    policy=NAME,
    user=NAME,
)
SESSION_DISCONNECTED = entry(
    "SESSION_DISCONNECTED",
    "Session disconnected. Session Type: {type}, Duration: {duration}, Bytes xmt: {sent}, Bytes rcv: "
    "{received}, Reason: {reason}",
    Channel.SYSLOG,
    "4-113019",
    AWS,
    "The VPN session ended: how long it was up, what it carried, and why it ended.",
    type=NAME,
    duration=DURATION,
    sent=NUMBER,
    received=NUMBER,
    reason=PHRASE,
    tells=disconnected,
)
DROP_RATE_EXCEEDED = entry(
    "DROP_RATE_EXCEEDED",
    "[ {object}] drop rate-{rate} exceeded. Current burst rate is {burst} per second, max configured rate is "
    "{burst_limit}; Current average rate is {average} per second, max configured rate is {average_limit}; "
    "Cumulative total count is {total}",
    Channel.SYSLOG,
    "4-733100",
    GUIDE.but("that it tells of IKE's own limits is ours"),
    "More first messages and others of no IKE SA came than are looked at: what was dropped in a second, lately and "
    "since it began.",
    object=choice("object of a drop rate", "Rate limit", "Scanning", "Bad pkts", "Firewall", "ACL drop", "DoS attck"),
    rate=NUMBER,
    burst=NUMBER,
    burst_limit=NUMBER,
    average=NUMBER,
    average_limit=NUMBER,
    total=NUMBER,
)
LOG_HOST_DOWN = entry(
    "LOG_HOST_DOWN",
    "TCP Syslog Server {interface}:{address}/{port} not responding, New connections are {permitted} based on logging "
    "permit-hostdown policy",
    Channel.SYSLOG,
    "3-414003",
    GUIDE,
    "A TCP host of the system log does not answer, or broke off; messages for it wait, as many as logging queue says.",
    interface=NAME,
    address=IPV4,
    port=NUMBER,
    permitted=PERMITTED,
)
LOG_HOST_RESTORED = entry(
    "LOG_HOST_RESTORED",
    "TCP Syslog Server {interface}:{address}/{port} - Connection restored",
    Channel.SYSLOG,
    "6-414004",
    GUIDE,
    "A host of the system log that was down takes messages again.",
    interface=NAME,
    address=IPV4,
    port=NUMBER,
)
LOG_MESSAGES_LOST = entry(
    "LOG_MESSAGES_LOST",
    "{count} messages for the syslog server {server} were lost",
    Channel.SYSLOG,
    "4-199016",
    OURS,
    "So many messages found no place in a host's queue while it was down.",
    count=NUMBER,
    server=NAME,
)
COMMAND_EXECUTED = entry(
    "COMMAND_EXECUTED",
    "User '{user}' executed the '{command}' command.",
    Channel.SYSLOG,
    "5-111008",
    PARSER,
    "An administrator typed a command that is not a show command.",
    user=NAME,
    command=PHRASE,
)
CONFIGURED = entry(
    "CONFIGURED",
    "User '{user}', running 'CLI' from IP {address}, executed '{command}'",
    Channel.SYSLOG,
    "5-111010",
    PARSER,
    "An administrator typed a line of the configuration.",
    user=NAME,
    address=IPV4,
    command=PHRASE,
)
WRITING_BEGUN = entry(
    "WRITING_BEGUN",
    "Begin configuration: {place} writing to {target}",
    Channel.SYSLOG,
    "5-111001",
    PARSER,
    "An administrator saves the configuration; the place is an address, or console.",
    place=NAME,
    target=NAME,
)
ERASED = entry(
    "ERASED",
    "{place} Erase configuration",
    Channel.SYSLOG,
    "5-111003",
    PARSER,
    "The saved configuration is gone.",
    place=NAME,
)
WRITING_ENDED = entry(
    "WRITING_ENDED",
    "{place} end configuration: {result}",
    Channel.SYSLOG,
    "5-111004",
    PARSER,
    "The configuration was saved, or could not be.",
    place=NAME,
    result=NAME,
)
CONFIGURING_BEGUN = entry(
    "CONFIGURING_BEGUN",
    "Begin configuration: {place} reading from terminal",
    Channel.SYSLOG,
    "5-111007",
    PARSER,
    "An administrator went into the configuration mode.",
    place=NAME,
)
LEVEL_CHANGED = entry(
    "LEVEL_CHANGED",
    "User priv level changed: Uname: {user} From: {before} To: {after}",
    Channel.SYSLOG,
    "5-502103",
    PARSER,
    "A session went up or down by enable, disable or login.",
    user=NAME,
    before=NUMBER,
    after=NUMBER,
)
SHOW_EXECUTED = entry(
    "SHOW_EXECUTED",
    "User '{user}' executed cmd: {command}",
    Channel.SYSLOG,
    "7-111009",
    PARSER,
    "An administrator typed a command that only looks.",
    user=NAME,
    command=PHRASE,
)
