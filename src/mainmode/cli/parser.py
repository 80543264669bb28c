"""The commands and their options, declared once: `--help` and the reference page come from here.

Imports nothing slow.
"""

import argparse
from typing import NoReturn

from mainmode import __version__
from mainmode.cli.console import tell
from mainmode.cli.console_options import add_lab, add_ssh, add_ssh_to, seed
from mainmode.cli.control_options import add_control, add_control_commands

DEFAULT_DEBUGS = ("crypto ikev1 127", "crypto ipsec 127")
DEFAULT_SHOWS = ("crypto isakmp sa", "crypto ipsec sa")
NARROWEST, WIDEST = 40, 400
MOST_HOURS = 720

_MOST_WORKERS = 16
EXIT_UP = 0
EXIT_DOWN = 1
EXIT_INPUT = 2
EXIT_FAULT = 70
EXIT_INTERRUPTED = 130
EXIT_PIPE_CLOSED = 141

_EPILOG = (
    "exit codes: 0 the tunnel is up and carries traffic, 1 it is down (the verdict says why), "
    "2 the input cannot be used or the output not be written, 70 a fault in mainmode itself"
)


class Parser(argparse.ArgumentParser):
    """argparse with its errors in this program's form: what is wrong, and where to read on."""

    def error(self, message: str) -> NoReturn:
        """Print the message and leave with the code for unusable input."""
        tell(f"mainmode: {message}\ntry: {self.prog} --help")
        self.exit(EXIT_INPUT)


def parser() -> Parser:
    """The whole command line."""
    top = Parser(
        prog="mainmode",
        description="An IKEv1 LAN-to-LAN firewall, its lab, explainer and preflight, in the Cisco ASA's language.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"mainmode {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_lab(commands)
    _add_check(commands)
    _add_explain(commands)
    _add_console(commands)
    add_ssh(commands)
    _add_up(commands)
    add_control_commands(commands)
    return top


def _add_lab(commands: "argparse._SubParsersAction[Parser]") -> None:
    lab = commands.add_parser(
        "lab",
        help="two configured firewalls negotiate in memory; a ladder shows both sides' debugs",
        description=(
            "Two configured firewalls negotiate in memory, in virtual time, with real keys and packets. Prints both "
            "sides' debug lines as a ladder with the configuration lines behind each step, then the verdict, the "
            "pings and the show commands. Without files it runs the packaged example. A folder with a scenario.toml, "
            "or the name of a packaged one, is played instead: any number of devices, with steps and expectations."
        ),
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    lab.add_argument(
        "configurations",
        nargs="*",
        metavar="CFG",
        help="the two configuration files, A and B (- reads standard input); or one scenario: a folder, a name of "
        "--list, or all; or a folder of configurations, which are connected by their peers",
    )
    run = lab.add_argument_group("the run")
    run.add_argument(
        "--ping",
        nargs=2,
        metavar=("SRC", "DST"),
        help="the inside hosts that ping each other (default: found from the crypto access lists)",
    )
    run.add_argument(
        "--from",
        dest="starter",
        choices=("a", "b"),
        default="a",
        help="the side whose inside host begins (default: a)",
    )
    run.add_argument(
        "--seed", type=seed, metavar="N", help="repeat the run that had this seed (default: drawn, printed)"
    )
    run.add_argument(
        "--link",
        metavar="OPTIONS",
        help="what the wire does, such as delay=80ms (or 2s),loss=5%%,block=udp/500; also jitter=20ms, duplicate=1%%, "
        "reorder=1%%, mtu=1400, oversize=drop, and block=udp/4500, esp, icmp-unreachable or fragments "
        "(default: delay=10ms)",
    )
    run.add_argument(
        "--fault",
        action="append",
        metavar="FAULT",
        help="something that goes wrong on purpose, as NAME[,DEVICE][=VALUE], such as wrong-key,b or drop=MM3; may be "
        "repeated",
    )
    run.add_argument("--faults", action="store_true", help="list the faults with what they do, and stop")
    _add_scenario(lab)
    _add_layout(lab)
    _add_files(lab)


def _add_scenario(lab: Parser) -> None:
    scenario = lab.add_argument_group("a scenario")
    scenario.add_argument("--list", action="store_true", help="list the packaged scenarios and stop")
    scenario.add_argument(
        "--renew", action="store_true", help="write the consoles of the run into the scenario's folder as those to keep"
    )
    scenario.add_argument(
        "--ladder",
        nargs=2,
        metavar=("DEVICE", "DEVICE"),
        help="print the ladder of two devices instead of the report; the files below are of these two",
    )
    scenario.add_argument("--console", metavar="DEVICE", help="print the console of this device instead of the report")


def _add_layout(lab: Parser) -> None:
    shown = lab.add_argument_group("what is shown")
    shown.add_argument(
        "--debug",
        action="append",
        metavar="DEBUG",
        help="a debug that is on, on both devices; may be repeated. At level 1 it tells of failures only, 127 is the "
        f"usual level, 255 the highest (default: {_quoted(DEFAULT_DEBUGS)})",
    )
    shown.add_argument(
        "--show",
        action="append",
        metavar="COMMAND",
        help=f"a show command, run on both devices at the end; may be repeated (default: {_quoted(DEFAULT_SHOWS)})",
    )
    _add_paper(shown)


def _add_files(lab: Parser) -> None:
    files = lab.add_argument_group("files to write")
    files.add_argument("--html", type=_place, metavar="FILE", help="the ladder as one page that needs nothing else")
    files.add_argument("--json", type=_place, metavar="FILE", help="everything as JSON, in a documented schema")
    files.add_argument("--markdown", type=_place, metavar="FILE", help="the ladder as Markdown")
    files.add_argument("--pcap", type=_place, metavar="FILE", help="the wire as pcapng, debug lines as packet comments")
    files.add_argument(
        "--keys",
        type=_place,
        metavar="DIR",
        help="the keys of the run as a Wireshark configuration folder: WIRESHARK_CONFIG_DIR=DIR tshark -r FILE",
    )


def _add_check(commands: "argparse._SubParsersAction[Parser]") -> None:
    check = commands.add_parser(
        "check",
        help="the preflight: do two configurations come up, which way, for which entry; else why, and what mends it",
        description=(
            "Runs the negotiation of two configurations in memory, begun by either side, for every permit line of the "
            "crypto access lists, through routing, NAT and access lists. Tells for each what came of it and by which "
            "lines; for what is down the cause, the lines on both sides, and the commands that mend it, which were "
            "tried on the model; then what to beware of. A folder is checked pair by pair: whoever names whom as peer."
        ),
        epilog=(
            "exit codes: 0 all is up, 1 something is down, 2 the input cannot be used or the output not be written, "
            "70 a fault in mainmode itself"
        ),
        allow_abbrev=False,
    )
    check.add_argument(
        "configurations",
        nargs="+",
        metavar="CFG",
        help="the two configuration files, A and B (- reads standard input); or a folder of configurations",
    )
    check.add_argument(
        "--hours",
        type=_hours,
        metavar="N",
        help="let the tunnels live for so many hours of virtual time with light traffic, and tell when and why they "
        f"would drop (1 to {MOST_HOURS})",
    )
    shown = check.add_argument_group("what is shown")
    shown.add_argument(
        "--decisions", action="store_true", help="print what each device decided on the way, for every entry"
    )
    _add_paper(shown, "text")
    files = check.add_argument_group("files to write")
    files.add_argument("--html", type=_place, metavar="FILE", help="everything as one page that needs nothing else")
    files.add_argument("--json", type=_place, metavar="FILE", help="everything as JSON, in a documented schema")
    files.add_argument(
        "--sarif", type=_place, metavar="FILE", help="SARIF 2.1.0: annotations at the configuration lines of a change"
    )
    files.add_argument(
        "--junit", type=_place, metavar="FILE", help="JUnit XML: a case for each direction of each entry"
    )
    files.add_argument(
        "--markdown", type=_place, metavar="FILE", help="Markdown, for a ticket or a comment on a change"
    )


def _add_explain(commands: "argparse._SubParsersAction[Parser]") -> None:
    explain = commands.add_parser(
        "explain",
        help="a device's log or capture read back: what happened, where it broke, why, and what to do",
        description=(
            "Reads the debug or the system log of an ASA, PIX, IOS router, strongSwan or Libreswan, or a capture of "
            "IKE, of one side or of both; says what happened, where it broke, why, what to look at and what to type, "
            "what the peer must look like and what to write to its engineer. A log of many peers gives a table first. "
            "Keys are masked in all that is written."
        ),
        epilog=(
            "exit codes: 0 no failure was found, 1 a failure was found, 2 the input cannot be used, holds no "
            "negotiation, or the output cannot be written, 70 a fault in mainmode itself"
        ),
        allow_abbrev=False,
    )
    explain.add_argument(
        "log",
        metavar="LOG",
        help="the log: a file, a folder of rotated files, plain or packed, or - for standard input",
    )
    explain.add_argument(
        "peer_log", nargs="?", metavar="PEER_LOG", help="the log of the other side, where there is one"
    )
    given = explain.add_argument_group("what else is known")
    given.add_argument(
        "--config", metavar="CFG", help="the configuration of the device that wrote LOG; findings name its lines"
    )
    given.add_argument("--peer-config", metavar="CFG", help="the configuration of the other side")
    given.add_argument("--peer", metavar="ADDRESS", help="only negotiations with this peer, by address or group")
    given.add_argument("--own", metavar="ADDRESS", help="the address from whose side a capture is read")
    given.add_argument(
        "--keys",
        metavar="PLACE",
        help="open a capture's encrypted messages: a Wireshark folder as --keys of the lab writes it, or an "
        "ikev1_decryption_table",
    )
    given.add_argument(
        "--psk", action="store_true", help="ask for the pre-shared key at the terminal, to judge a capture by it"
    )
    shown = explain.add_argument_group("what is shown")
    shown.add_argument(
        "--redact",
        action="store_true",
        help="replace addresses and names in all that is written, consistently; keys are masked in any case",
    )
    shown.add_argument(
        "--ladder",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="print the ladder after the findings (default: with it)",
    )
    _add_paper(shown)
    files = explain.add_argument_group("files to write")
    files.add_argument("--html", type=_place, metavar="FILE", help="everything as one page that needs nothing else")
    files.add_argument("--json", type=_place, metavar="FILE", help="everything as JSON, in a documented schema")
    files.add_argument("--markdown", type=_place, metavar="FILE", help="everything as Markdown, for a ticket")


def _add_paper(group: "argparse._ArgumentGroup", what: str = "ladder") -> None:
    group.add_argument(
        "--width", type=_width, metavar="N", help=f"columns of the {what} (default: the terminal's, 80 when piped)"
    )
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help=f"colour in the {what} (default: auto, which is only on a terminal)",
    )


def _add_console(commands: "argparse._SubParsersAction[Parser]") -> None:
    console = commands.add_parser(
        "console",
        help="the command line of a device: sit at the running gateway, or at a firewall of a lab",
        description=(
            "The device's own command line: modes, help by ?, completion by Tab, every show, debugs as they happen, "
            "and a configuration that takes effect as it is typed. Without a file it is that of the gateway that runs "
            "on this host. With files the devices are those of a lab, and negotiate in memory, with real keys and "
            "packets. Where standard input is no terminal, its lines are typed, and a transcript is printed."
        ),
        epilog="exit codes: 0 the session was ended, 2 no gateway runs, the input cannot be used or the output not be "
        "written, 70 a fault in mainmode itself, 130 and 143 a signal ended it",
        allow_abbrev=False,
    )
    console.add_argument(
        "configurations",
        nargs="*",
        metavar="CFG",
        help="the configuration files of a lab's devices, one or more; the session begins at the first (default: the "
        "running gateway)",
    )
    console.add_argument("--example", action="store_true", help="sit at the packaged pair instead of files")
    console.add_argument(
        "--device", metavar="NAME", help="begin at the device with this hostname (default: that of the first file)"
    )
    add_lab(console)
    add_control(console)


def _add_up(commands: "argparse._SubParsersAction[Parser]") -> None:
    up = commands.add_parser(
        "up",
        help="this host is the configured firewall: IKE and ESP on its real interfaces, until it is told to end",
        description=(
            "This host becomes the configured firewall: IKE on UDP 500 and 4500, ESP in the kernel where it can, in "
            "user space where it cannot. Runs in the foreground and prints what happens. SIGHUP reads the "
            "configuration again and changes only what changed; SIGTERM takes the tunnels down, tells the peers, and "
            "leaves the host as it was."
        ),
        epilog="exit codes: 0 it ran and was told to end, 2 it cannot start (the message says what to do), "
        "70 a fault in mainmode itself",
        allow_abbrev=False,
    )
    up.add_argument("configuration", metavar="CFG", help="the configuration file of the device")
    up.add_argument(
        "--map",
        action="append",
        metavar="NAMEIF=IFNAME",
        help="the host's interface for one of the configuration, such as outside=eth0; may be repeated. The host's "
        "address counts there (default: the interface that has the configured address)",
    )
    up.add_argument(
        "--data-plane",
        choices=("auto", "kernel", "user"),
        default="auto",
        help="what carries the packets of tunnels (default: auto, which is the kernel where it can do what the "
        "configuration needs)",
    )
    up.add_argument(
        "--tun",
        default="mainmode0",
        metavar="NAME",
        help="the name of the TUN device of the user space data plane (default: mainmode0)",
    )
    _add_workers(up)
    up.add_argument(
        "--debug",
        action="append",
        metavar="DEBUG",
        help="a debug that is on from the start, such as 'crypto ikev1 127'; may be repeated",
    )
    up.add_argument(
        "--syslog",
        action="append",
        metavar="TARGET",
        help="a place for the system log beside the hosts of the configuration: unix:/dev/log, udp:ADDRESS[:PORT] or "
        "tcp:ADDRESS[:PORT]; it gets what logging trap says, or informational and above; may be repeated",
    )
    up.add_argument(
        "--metrics",
        metavar="ADDRESS:PORT",
        help="serve metrics for Prometheus at http://ADDRESS:PORT/metrics, such as 127.0.0.1:9500; an address that "
        "others reach only as exposed:ADDRESS:PORT",
    )
    add_ssh_to(up)
    add_control(up)


def _add_workers(up: "Parser") -> None:
    up.add_argument(
        "--workers",
        type=_workers,
        default=1,
        metavar="N",
        help="so many processes are the gateway, each with a share of the peers, so that several cores work; the user "
        "space data plane only, and without --ssh and mainmode console (default: 1)",
    )


def _workers(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:3]) <= _MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {_MOST_WORKERS}")
    return int(text)


def _quoted(texts: tuple[str, ...]) -> str:
    return " and ".join(f"'{text}'" for text in texts)


def _place(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("names nothing; say where to write")
    if text == "-":
        raise argparse.ArgumentTypeError("standard output carries the ladder; say another place to write to")
    return text


def _hours(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_HOURS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {MOST_HOURS}")
    return int(text)


def _width(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not NARROWEST <= int(text[:9]) <= WIDEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {NARROWEST} to {WIDEST}")
    return int(text)
