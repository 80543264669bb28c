"""The table of docs/security/faults.md: a fault, what the gateway does, the tests that judge it; and the page."""

import ast
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]
COMMAND = ".venv/bin/python docs/generate.py security/faults.md"


class Row(NamedTuple):
    """One fault. `tests` are `folder/name::function`, without `tests/`, `test_` in front of the name, and `.py`."""

    fault: str
    does: str
    tests: tuple[str, ...]


KILLED, NETLINK, DISK, CLOCKS = "security/killed", "security/netlink_faults", "security/full_disk", "security/clocks"
SLOW, SOCKETS, RECALL = "security/slow_readers", "security/failing_sockets", "security/recall"
ROOT, BROKEN, SHELL = "strangers/gateway_killed", "strangers/gateway_faults", "strangers/strangers_shell"

ROWS: dict[str, tuple[Row, ...]] = {
    "kill -9": (
        Row(
            "killed at each call that it makes to the host, from its start over negotiation and reload to its end, "
            "and started again with either data plane",
            "the next start takes over or takes away SAs, policies, rules and routes; settings are as before the first "
            "start; the peer has the new tunnel and no other",
            (f"{KILLED}::test_killed_at_any_call_and_started_again_with_either_data_plane_nothing_stale_stays",),
        ),
        Row(
            "a setting of the host cannot be noted, or not be changed",
            "it stays as it was, and no note stays",
            (f"{KILLED}::test_what_is_changed_is_noted_before_and_stays_as_it_was_where_it_cannot_be_noted",),
        ),
        Row(
            "what a killed gateway left in a real host, of both data planes",
            "gone after the next one's end; a line names what was found",
            (
                f"{ROOT}::test_what_a_killed_gateway_left_at_its_host_is_gone_after_the_next_one_whatever_its_data_plane",
            ),
        ),
        Row(
            "killed under load, either end",
            "traffic passes again before the peer's dead peer detection could notice",
            (f"{ROOT}::test_a_gateway_killed_under_load_carries_traffic_again_before_its_peer_could_have_missed_it",),
        ),
        Row(
            "the peer goes on sealing for the gateway that was",
            "a negotiation begins, once in a minute for a configured peer with which nothing stands",
            (
                f"{RECALL}::test_a_peer_that_seals_for_what_was_has_a_new_tunnel_with_its_next_packet",
                f"{RECALL}::test_of_all_esp_in_a_peers_name_one_packet_in_a_minute_begins_something",
                f"{RECALL}::test_esp_of_a_stranger_or_for_an_entry_that_only_answers_begins_nothing",
                f"{RECALL}::test_where_something_stands_with_the_peer_it_is_told_there_and_nothing_begins",
                f"{RECALL}::test_the_peers_of_sas_that_a_killed_gateway_left_in_the_kernel_are_known",
            ),
        ),
        Row(
            "a packet asked the kernel for an SA before the kill (the kernel asks once in 30 seconds)",
            "found in the kernel's table, and asked for",
            (f"{RECALL}::test_a_packet_that_asked_before_the_kill_is_not_forgotten_for_half_a_minute",),
        ),
        Row(
            "the kernel asks by a policy that a killed gateway left",
            "answered as any other",
            (f"{RECALL}::test_a_question_by_a_policy_that_a_killed_gateway_left_is_answered_too",),
        ),
        Row(
            "killed while it wrote its configuration",
            "the old file is whole; the half one beside it goes with the next writing",
            (f"{DISK}::test_what_a_killed_gateway_left_while_it_wrote_goes_with_the_next_writing",),
        ),
        Row(
            "a control socket that a killed gateway left",
            "the next one replaces it; a live one's stays",
            (
                "strangers/control_live::test_a_killed_gateway_leaves_a_socket_that_the_next_one_replaces_and_a_live_one_keeps_its_own",
            ),
        ),
    ),
    "Disks and files": (
        Row(
            "no room, quota, too large, input/output error where standard output is a file",
            "lines are lost and counted; once there is room the next ones are written, with the count",
            (f"{DISK}::test_lines_that_found_no_room_are_counted_and_the_next_ones_are_written_once_there_is_some",),
        ),
        Row(
            "standard output closed, its reader gone",
            "not tried again; the gateway goes on",
            (
                f"{DISK}::test_a_stream_that_is_closed_for_good_is_not_tried_again",
                f"{SHELL}::test_a_terminal_that_goes_away_does_not_stop_the_gateway",
            ),
        ),
        Row(
            "standard output a pipe that is full and does not block",
            "waited for, beside the loop; no line is lost",
            (f"{DISK}::test_a_pipe_that_is_full_and_does_not_block_loses_no_line",),
        ),
        Row(
            "`write memory`, pages and JSON of the command line, key files, a console's capture: no room in the middle",
            "an error that says why; what was whole stays whole, nothing half stands beside it",
            (f"{DISK}::test_half_a_file_never_takes_the_place_of_a_whole_one",),
        ),
        Row(
            "a capture on a full disk",
            "ends with the number of packets that stand in it, all whole",
            (f"{DISK}::test_a_capture_on_a_full_disk_holds_whole_packets",),
        ),
        Row(
            "the file was changed by somebody, is no file, belongs to another, stands in a folder without rights",
            "nothing is written, and the reason told",
            (
                "gateway/kept_file::test_a_file_that_somebody_changed_meanwhile_is_not_written_over",
                "gateway/kept_file::test_a_file_that_was_taken_away_is_made_anew",
            ),
        ),
    ),
    "Clocks": (
        Row(
            "the wall clock is set by an hour, a year, ten thousand years, both ways",
            "tunnels, lifetimes, keepalives and deadlines as before; stamps follow the wall",
            (
                f"{CLOCKS}::test_the_boxs_time_stands_above_it_and_stamps_follow_it",
                f"{CLOCKS}::test_a_tunnel_that_stands_stays_and_ends_by_its_own_time",
            ),
        ),
        Row("the wall clock is slewed", "no stamp moves", (f"{CLOCKS}::test_a_clock_that_is_slewed_moves_no_stamp",)),
        Row(
            "a host without a battery: 1970, 2038, 2106, 9999",
            "stamps as the calendar has them",
            (f"{CLOCKS}::test_any_time_of_a_clock_without_a_battery_is_a_stamp",),
        ),
        Row(
            "the kernel's stamps of use jump with the wall clock",
            "an SA was used between the last look and now, whatever they say",
            (f"{CLOCKS}::test_when_the_kernel_used_an_sa_is_never_before_the_last_look",),
        ),
        Row(
            "the host sleeps",
            "the time counts on, and deadlines are looked at every half minute of waking",
            ("gateway/gateway_process::test_an_alarm_that_the_loop_calls_too_early_waits_on",),
        ),
    ),
    "Sockets and links": (
        Row(
            "a read fails: EBADF, ENETDOWN, ENOBUFS, EPERM, ECONNREFUSED (ICMP), ENOMEM, EIO and others",
            "told once in a while, counted; what comes afterwards is read",
            (
                f"{SOCKETS}::test_a_read_that_fails_is_told_and_what_comes_afterwards_is_read",
                f"{SOCKETS}::test_a_raw_socket_of_esp_that_fails_has_nothing_now_and_more_later",
            ),
        ),
        Row(
            "a send fails in the same ways",
            "a drop by name; the message goes again when its time comes, and the tunnel comes up",
            (f"{SOCKETS}::test_a_send_that_fails_is_a_drop_and_the_message_goes_again_when_it_can",),
        ),
        Row(
            "the outside link goes down and up, or is deleted and made anew",
            "told; the tunnel carries on",
            (f"{BROKEN}::test_links_that_go_down_or_are_made_anew_are_told_and_tunnels_go_on",),
        ),
        Row(
            "an interface loses its address, and has it back",
            "told both times; tunnels wait for it",
            (f"{SHELL}::test_an_interface_that_loses_its_address_is_told_and_its_return_noticed",),
        ),
        Row(
            "the TUN device is deleted or switched off",
            "made anew; nothing leaves in clear meanwhile",
            (
                f"{SHELL}::test_a_device_that_is_taken_away_is_made_again_and_nothing_leaves_in_clear",
                "gateway/user_space_host::test_the_device_stays_where_it_stands_or_is_only_switched_off",
            ),
        ),
        Row(
            "the control socket's file is taken away, or another gateway's stands there",
            "SIGHUP makes it anew and clients stay; another gateway's is left alone",
            (
                f"{SLOW}::test_a_control_socket_whose_file_was_taken_away_is_made_anew_and_clients_stay",
                f"{SLOW}::test_a_socket_of_another_gateway_in_its_place_stays",
            ),
        ),
        Row(
            "the metrics port is taken",
            "an error at the start that says what to do",
            ("gateway/gateway_metrics::test_a_port_that_is_taken_is_told_with_what_to_do",),
        ),
    ),
    "The kernel's answers": (
        Row(
            "each call to the kernel refused, alone and with the 3 or 8 that follow, with 14 errors in turn",
            "told; no fault; what is refused is tried again, and all is whole when the kernel is well; a start "
            "that fails leaves nothing",
            (
                f"{NETLINK}::test_whatever_call_the_kernel_refuses_all_is_whole_when_it_is_well_again",
                "security/mending::test_tries_come_seldomer_and_end_with_a_line_when_all_is_whole",
                "security/mending::test_a_fault_while_mending_is_contained_and_tried_again",
            ),
        ),
        Row(
            "an answer is late, cut, broken, another process's, or interrupted",
            "passed over, an error with its place, or asked again",
            (
                "gateway/netlink_codec::test_an_answer_to_an_older_question_is_passed_over",
                "gateway/netlink_codec::test_what_another_process_sends_is_no_answer",
                "gateway/netlink_codec::test_an_answer_that_is_cut_or_broken_is_an_error_with_its_place",
                "gateway/netlink_codec::test_a_table_that_changed_meanwhile_is_read_again",
            ),
        ),
        Row(
            "events are lost (ENOBUFS)",
            "made good by looking: what ended, and what is asked for",
            (
                "gateway/netlink_codec::test_a_full_buffer_of_events_is_told_and_what_follows_is_read",
                "gateway/xfrm_plane::test_events_that_were_lost_are_made_good_by_looking",
                f"{RECALL}::test_a_packet_whose_question_was_lost_is_found_by_looking_and_one_of_another_program_is_not",
            ),
        ),
    ),
    "Slow, full and dead readers": (
        Row(
            "a log host over TCP that never reads",
            "a bounded queue; the rest is lost and counted",
            (f"{SLOW}::test_a_log_host_that_never_reads_costs_messages_of_a_bounded_queue_and_nobody_waits",),
        ),
        Row(
            "a log host that breaks off in the middle of a line, or refuses",
            "connected to again, and written to from the beginning of a line",
            (
                f"{SLOW}::test_a_log_host_that_breaks_off_in_the_middle_of_a_line_is_written_to_again",
                "gateway/gateway_syslog::test_a_host_that_comes_back_is_told_how_many_messages_were_lost",
            ),
        ),
        Row(
            "no memory in a connection to a log host, or in a watcher",
            "that line or connection is lost, the fault told once; the next one is served",
            (
                f"{SLOW}::test_a_connection_that_ends_in_a_fault_is_told_and_made_again",
                f"{SLOW}::test_a_watcher_without_memory_loses_its_line_and_the_next_one_gets_it",
            ),
        ),
        Row(
            "this machine's log socket is full, or gone",
            "lost and counted",
            (
                f"{SLOW}::test_a_log_socket_of_this_machine_that_is_full_loses_and_counts",
                "gateway/gateway_syslog::test_a_log_socket_that_is_gone_for_a_while_costs_what_was_said_meanwhile",
            ),
        ),
        Row(
            "who follows debugs reads nothing, or a client sends one octet at a time",
            "misses lines and is told how many; is left after five seconds of half a line",
            (
                "gateway/control_following::test_who_does_not_read_misses_lines_is_told_how_many_and_holds_up_nothing",
                "gateway/control_server::test_a_half_line_is_waited_for_only_so_long_however_it_dribbles",
                "gateway/control_server::test_who_asks_without_reading_is_read_no_further_and_gets_all_answers",
            ),
        ),
        Row(
            "scrapers that never read",
            "let go after five seconds",
            (f"{SLOW}::test_scrapers_that_never_read_are_let_go",),
        ),
    ),
    "Signals": (
        Row(
            "storms of SIGHUP with no file, an empty one, garbage, one without IKE; SIGTERM twice",
            "the configuration stays as it was, no ping is lost; a clean end, exit code 0",
            (
                f"{BROKEN}::test_storms_of_sighup_with_no_file_and_a_broken_one_cost_no_ping_and_two_sigterms_end_as_one",
            ),
        ),
        Row(
            "thousands of SIGHUP while it starts, then SIGTERM",
            "neither ends it early, nor is the SIGTERM lost",
            (
                f"{BROKEN}::test_sighup_while_it_starts_does_not_end_it",
                "security/signals::test_a_storm_of_one_signal_does_not_swallow_another",
            ),
        ),
        Row(
            "stopped until its peer has given it up, and continued",
            "the tunnel comes back",
            (f"{BROKEN}::test_a_process_that_stood_still_until_its_peer_gave_it_up_goes_on",),
        ),
    ),
}

WEAKER = """\
## What does not hold

* A setting of the host that somebody changes by hand between a kill -9 and the next start is put back to what it was
  before the first start.
* What a killed gateway left stays until the next start: its traffic is held back, on purpose, and forwarding stays on.
* In the kernel data plane ESP that nobody can open is dropped by the kernel without a word: peers are called again only
  where SAs were left, or they are heard of otherwise. That plane's part of this table is judged against a kernel of the
  test's own process; with real SAs only `tests/vm` runs it, and none of these faults is tried there.
* Stamps of debugs, `show logging` and `show clock` do not follow a wall clock that is set.
* A wall clock that jumps ahead by more than a lifetime ends the SAs of the kernel data plane (the kernel counts by it).
* Another address on an unmapped interface is not followed: the file names the address. A mapped one follows it.
* A capture that is begun in an existing file cuts it at once, before the gateway has answered.
* A file system that says yes and loses the data (no room found at a later write-back) is noticed for the configuration
  only, which is synchronised.
"""


def tests_of(row: Row) -> Iterator[tuple[Path, str]]:
    """File and function of each test."""
    for name in row.tests:
        file, _, function = name.partition("::")
        folder, _, module = file.partition("/")
        yield TESTS / folder / f"test_{module}.py", function


def missing() -> list[str]:
    """Tests that are named and not there."""
    lost = []
    for rows in ROWS.values():
        for row in rows:
            for file, function in tests_of(row):
                tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
                if function not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
                    lost.append(f"{file.name}::{function}")
    return lost


def page(results: dict[str, str]) -> str:
    """The page; `results` by the name of a test."""
    count = sum(map(len, ROWS.values()))
    tests = {(file.name, function) for rows in ROWS.values() for row in rows for file, function in tests_of(row)}
    failed = sum(results.get(function) != "passed" for _, function in tests)
    parts = [
        "# Faults\n\nA host that breaks around the gateway, and what the gateway does then. Made by\n"
        f"`{COMMAND}` as root, which runs the tests; the table is `tests/security/broken_world.py`.\n\n"
        "Tests in `strangers/` run in network namespaces with real sockets and links; the others against a\n"
        f"kernel, clocks and disks of their own process.\n\n"
        f"{count} faults, {len(tests)} tests, {failed or 'none'} of them failed.\n"
    ]
    for area, rows in ROWS.items():
        parts.append(f"\n## {area}\n\n| fault | what the gateway does | tests |\n|---|---|---|\n")
        for row in rows:
            names = "<br>".join(
                f"`{file.parent.name}/{file.name}` {function.removeprefix('test_').replace('_', ' ')}: "
                f"{results.get(function, 'not run')}"
                for file, function in tests_of(row)
            )
            parts.append(f"| {row.fault} | {row.does} | {names} |\n")
    return "".join(parts) + "\n" + WEAKER


def reference_page() -> str:
    """Runs all tests of the table. Raises RuntimeError where they cannot all be run."""
    if os.geteuid() != 0:
        raise RuntimeError("the tests in network namespaces need root")
    results: dict[str, str] = {}
    ids = {f"{file}::{function}" for rows in ROWS.values() for row in rows for file, function in tests_of(row)}
    with tempfile.TemporaryDirectory() as folder:
        for root in (False, True):
            chosen = sorted(one for one in ids if ("/strangers/" in one) is root)
            report = Path(folder) / f"{root}.xml"
            argv = [sys.executable, "-m", "pytest", "-n", "0", "-m", "root" if root else "not root"]
            subprocess.run([*argv, f"--junitxml={report}", *chosen], cwd=TESTS.parent, stdout=sys.stderr, check=False)
            for case in ElementTree.parse(report).iter("testcase"):
                name = case.attrib["name"].partition("[")[0]
                bad = any(case.find(word) is not None for word in ("failure", "error", "skipped"))
                results[name] = "failed" if bad or results.get(name) == "failed" else "passed"
    return page(results)
