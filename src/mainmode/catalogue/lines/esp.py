"""What the data path says of single packets: ESP that it refuses, clear text that should have been ESP, path MTUs.

The device says 402114 to 402122 at most once in five seconds each. A public log shows 402116 under
`debug crypto ipsec 1` too; the others are taken to be shown alike.
"""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import Phase, Symptom, Told
from mainmode.catalogue.kinds import IPV4, NAME, NUMBER, PHRASE, SERVICE_PROXY, SPI_UPPER
from mainmode.catalogue.origins import GUIDE, PACKET_POLICY
from mainmode.catalogue.telling import outside_policy, told, unknown_spi

ESP_INVALID_SPI = entry(
    "ESP_INVALID_SPI",
    "IPSEC: Received an ESP packet (SPI= {spi}, sequence number= {sequence}) from {remote} to {local} "
    "with an invalid SPI.",
    Channel.IPSEC,
    "4-402114",
    GUIDE,
    "ESP for an SPI that belongs to no SA here: as a rule the peer still holds SAs that this device lost.",
    level=1,
    spi=SPI_UPPER,
    sequence=SPI_UPPER,
    remote=IPV4,
    local=IPV4,
    tells=unknown_spi,
    peer_in="remote",
)
ESP_INVALID_SPI_OF_USER = entry(
    "ESP_INVALID_SPI_OF_USER",
    "IPSEC: Received an ESP packet (SPI= {spi}, sequence number= {sequence}) from {remote} (user= {user}) to {local} "
    "with an invalid SPI.",
    Channel.IPSEC,
    "4-402114",
    GUIDE.but("the form of older releases"),
    "ESP for an SPI that belongs to no SA here.",
    level=1,
    spi=SPI_UPPER,
    sequence=SPI_UPPER,
    remote=IPV4,
    user=NAME,
    local=IPV4,
    tells=unknown_spi,
    peer_in="remote",
)
WRONG_IPSEC_PROTOCOL = entry(
    "WRONG_IPSEC_PROTOCOL",
    "IPSEC: Received a packet from {remote} to {local} containing {actual} data instead of {expected} data.",
    Channel.IPSEC,
    "4-402115",
    GUIDE,
    "The peer sends AH where ESP was negotiated.",
    level=1,
    remote=IPV4,
    local=IPV4,
    actual=NAME,
    expected=NAME,
    tells=told(Symptom.UNEXPECTED, Phase.TWO, "{actual} instead of {expected}"),
    peer_in="remote",
)
INNER_PACKET_OUTSIDE_POLICY = entry(
    "INNER_PACKET_OUTSIDE_POLICY",
    "IPSEC: Received an ESP packet (SPI= {spi}, sequence number= {sequence}) from {remote} (user= {user}) to {local}.  "
    "The decapsulated inner packet doesn't match the negotiated policy in the SA.  "
    "The packet specifies its destination as {destination}, its source as {source}, and its protocol as {protocol}.  "
    "The SA specifies its local proxy as {local_proxy} and its remote_proxy as {remote_proxy}.",
    Channel.IPSEC,
    "4-402116",
    PACKET_POLICY,
    "What came out of the tunnel is not between the addresses that the tunnel is for.",
    level=1,
    spi=SPI_UPPER,
    sequence=SPI_UPPER,
    remote=IPV4,
    user=NAME,
    local=IPV4,
    destination=IPV4,
    source=IPV4,
    protocol=NAME,
    local_proxy=SERVICE_PROXY,
    remote_proxy=SERVICE_PROXY,
    tells=outside_policy,
    peer_in="remote",
)
CLEAR_PACKET_RECEIVED = entry(
    "CLEAR_PACKET_RECEIVED",
    "IPSEC: Received a non-IPSec packet (protocol= {protocol}) from {remote} to {local}.",
    Channel.IPSEC,
    "4-402117",
    GUIDE,
    "A packet came in clear that the crypto map wants in a tunnel.",
    level=1,
    protocol=NAME,
    remote=IPV4,
    local=IPV4,
    tells=told(Symptom.CLEAR_TEXT, Phase.TWO, "{protocol} {remote} > {local}"),
)
ILLEGAL_INNER_FRAGMENT = entry(
    "ILLEGAL_INNER_FRAGMENT",
    "IPSEC: Received an ESP packet (SPI= {spi}, sequence number= {sequence}) from {remote} (user= {user}) to {local} "
    "containing an illegal IP fragment of length {length} with offset {offset}.",
    Channel.IPSEC,
    "4-402118",
    GUIDE,
    "A later fragment inside the tunnel begins within 128 octets: it could overwrite the first one's header.",
    level=1,
    spi=SPI_UPPER,
    sequence=SPI_UPPER,
    remote=IPV4,
    user=NAME,
    local=IPV4,
    length=NUMBER,
    offset=NUMBER,
    tells=Told(Symptom.FRAGMENTS, Phase.TWO),
    peer_in="remote",
)
ESP_REPLAYED = entry(
    "ESP_REPLAYED",
    "IPSEC: Received an ESP packet (SPI= {spi}, sequence number= {sequence}) from {remote} (user= {user}) to {local} "
    "that failed anti-replay checking.",
    Channel.IPSEC,
    "4-402119",
    GUIDE,
    "A sequence number that was there before, or is too old for the window.",
    level=1,
    spi=SPI_UPPER,
    sequence=SPI_UPPER,
    remote=IPV4,
    user=NAME,
    local=IPV4,
    tells=Told(Symptom.REPLAY, Phase.TWO),
    peer_in="remote",
)
ESP_NOT_AUTHENTIC = entry(
    "ESP_NOT_AUTHENTIC",
    "IPSEC: Received an ESP packet (SPI= {spi}, sequence number= {sequence}) from {remote} (user= {user}) to {local} "
    "that failed authentication.",
    Channel.IPSEC,
    "4-402120",
    GUIDE,
    "The packet was damaged or made by somebody else: its integrity check does not verify.",
    level=1,
    spi=SPI_UPPER,
    sequence=SPI_UPPER,
    remote=IPV4,
    user=NAME,
    local=IPV4,
    tells=Told(Symptom.INTEGRITY, Phase.TWO),
    peer_in="remote",
)
ESP_DROPPED = entry(
    "ESP_DROPPED",
    "IPSEC: Received an ESP packet (SPI= {spi}, sequence number= {sequence}) from {remote} (user= {user}) to {local} "
    "that was dropped by IPSec ({reason}).",
    Channel.IPSEC,
    "4-402121",
    GUIDE,
    "An ESP packet was refused for the reason in brackets.",
    level=1,
    spi=SPI_UPPER,
    sequence=SPI_UPPER,
    remote=IPV4,
    user=NAME,
    local=IPV4,
    reason=PHRASE,
    tells=told(Symptom.UNEXPECTED, Phase.TWO, "{reason}"),
    peer_in="remote",
)
CLEAR_PACKET_DROPPED = entry(
    "CLEAR_PACKET_DROPPED",
    "IPSEC: Received a cleartext packet from {source} to {destination} that was to be encapsulated in IPSec "
    "that was dropped by IPSec ({reason}).",
    Channel.IPSEC,
    "4-402122",
    GUIDE,
    "A packet for the tunnel could not be put into it, for the reason in brackets.",
    level=1,
    source=IPV4,
    destination=IPV4,
    reason=PHRASE,
    tells=told(Symptom.CATCH_ALL, Phase.TWO, "{source} > {destination}: {reason}"),
)
PATH_MTU_EXCEEDED = entry(
    "PATH_MTU_EXCEEDED",
    "PMTU-D packet {length} bytes greater than effective mtu {mtu}, dest_addr={destination}, src_addr={source}, "
    "prot={protocol}",
    Channel.SYSLOG,
    "6-602101",
    GUIDE,
    "A packet that must not be fragmented does not fit; its sender is told the size that does.",
    length=NUMBER,
    mtu=NUMBER,
    destination=IPV4,
    source=IPV4,
    protocol=NAME,
    tells=told(Symptom.PATH_MTU, Phase.TWO, "{length} > {mtu}"),
)
PATH_MTU_UPDATED = entry(
    "PATH_MTU_UPDATED",
    "IPSEC: Received an ICMP Destination Unreachable from {sender} with suggested PMTU of {suggested}; "
    "PMTU updated for SA with peer {peer}, SPI {spi}, tunnel name {user}, old PMTU {before}, new PMTU {after}.",
    Channel.SYSLOG,
    "6-602103",
    GUIDE,
    "A router on the way to the peer carries only smaller packets; the SA's packets are made to fit.",
    sender=IPV4,
    suggested=NUMBER,
    peer=IPV4,
    spi=SPI_UPPER,
    user=NAME,
    before=NUMBER,
    after=NUMBER,
    tells=told(Symptom.PATH_MTU, Phase.TWO, "{before} > {after}"),
)
PATH_MTU_UNCHANGED = entry(
    "PATH_MTU_UNCHANGED",
    "IPSEC: Received an ICMP Destination Unreachable from {sender}, PMTU is unchanged because suggested PMTU of "
    "{suggested} is equal to or greater than the current PMTU of {current}, for SA with peer {peer}, SPI {spi}, "
    "tunnel name {user}.",
    Channel.SYSLOG,
    "6-602104",
    GUIDE,
    "A router complained about a size that the SA's packets do not exceed.",
    sender=IPV4,
    suggested=NUMBER,
    current=NUMBER,
    peer=IPV4,
    spi=SPI_UPPER,
    user=NAME,
)
SA_CREATION_ERROR = entry(
    "SA_CREATION_ERROR",
    "IPSEC: SA creation error, source {source}, destination {destination}, reason {reason}",
    Channel.SYSLOG,
    "3-602305",
    GUIDE,
    "An IPsec SA could not be put in.",
    source=IPV4,
    destination=IPV4,
    reason=PHRASE,
    tells=told(Symptom.CATCH_ALL, Phase.TWO, "{reason}"),
)
