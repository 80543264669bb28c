"""Who logs in to the device's own command line, and how it ends: the system log only."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.kinds import NAME, PHRASE, WITH_SERVICE
from mainmode.catalogue.origins import GUIDE, PARSER, RECALLED

LOGIN_PERMITTED = entry(
    "LOGIN_PERMITTED",
    'Login permitted from {source} to {interface}:{destination} for user "{user}"',
    Channel.SYSLOG,
    "6-605005",
    PARSER,
    "A user logged in; source and destination with port and service behind a slash.",
    source=NAME,
    interface=NAME,
    destination=WITH_SERVICE,
    user=PHRASE,
)
LOGIN_DENIED = entry(
    "LOGIN_DENIED",
    'Login denied from {source} to {interface}:{destination} for user "{user}"',
    Channel.SYSLOG,
    "6-605004",
    PARSER,
    "Somebody did not log in. A name that is no user's is shown as stars.",
    source=NAME,
    interface=NAME,
    destination=WITH_SERVICE,
    user=PHRASE,
)
USER_AUTHENTICATED = entry(
    "USER_AUTHENTICATED",
    "User authentication succeeded: IP address: {address}, Uname: {user}",
    Channel.SYSLOG,
    "6-611101",
    GUIDE.but("newer releases have the address"),
    "A user who wants a session gave the right password, or has the right key.",
    address=NAME,
    user=PHRASE,
)
USER_NOT_AUTHENTICATED = entry(
    "USER_NOT_AUTHENTICATED",
    "User authentication failed: IP address: {address}, Uname: {user}",
    Channel.SYSLOG,
    "6-611102",
    GUIDE.but("newer releases have the address"),
    "Somebody gave a wrong name or password.",
    address=NAME,
    user=PHRASE,
)
LOCAL_USER_FOUND = entry(
    "LOCAL_USER_FOUND",
    "AAA user authentication Successful : local database : user = {user}",
    Channel.SYSLOG,
    "6-113012",
    PARSER,
    "The usernames of the configuration have this user with this password.",
    user=PHRASE,
)
LOCAL_USER_REJECTED = entry(
    "LOCAL_USER_REJECTED",
    "AAA user authentication Rejected : reason = {reason} : local database : user = {user} : user IP = {address}",
    Channel.SYSLOG,
    "6-113015",
    PARSER,
    "They have not.",
    reason=PHRASE,
    user=PHRASE,
    address=NAME,
)
SSH_DENIED = entry(
    "SSH_DENIED",
    "Denied SSH session from {address} on interface {interface}",
    Channel.SYSLOG,
    "3-315001",
    GUIDE,
    "No ssh line lets clients in from there.",
    address=NAME,
    interface=NAME,
)
SSH_ENDED = entry(
    "SSH_ENDED",
    'SSH session from {address} on interface {interface} for user "{user}" terminated normally',
    Channel.SYSLOG,
    "6-315011",
    PARSER,
    "The user left.",
    address=NAME,
    interface=NAME,
    user=PHRASE,
)
SSH_DISCONNECTED = entry(
    "SSH_DISCONNECTED",
    'SSH session from {address} on interface {interface} for user "{user}" disconnected by SSH server, '
    "reason: {reason}",
    Channel.SYSLOG,
    "6-315011",
    RECALLED,
    "The device ended the session.",
    address=NAME,
    interface=NAME,
    user=PHRASE,
    reason=PHRASE,
)
