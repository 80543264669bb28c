"""The page of attackers on the path: what they do, what happens, and how many tries of it the tests made."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security" / "attackers.md"
COMMAND = ".venv/bin/python docs/generate.py attackers.md"


class Row(NamedTuple):
    """One thing an attacker does, when and to whom; what comes of it; the test functions that try it."""

    does: str
    where: str
    happens: str
    tests: tuple[str, ...]


ROWS = (
    Row("says notifies and deletes in clear, of every type, with the right cookies",
        "before each of MM1 to QM3, on a standing tunnel, during the renewal of both phases; to both sides",
        "a line and a drop (UNENCRYPTED); state and timers as before",
        ("test_notifies_and_deletes_in_clear_change_nothing_at_any_point_of_an_exchange",
         "test_they_change_nothing_during_a_renewal_of_both_phases", "test_a_hash_in_clear_is_no_protection")),
    Row("repeats a message", "each of MM1 to QM3 at each later point, from the peer's address and from another",
        "drop; the last message from the peer's address gets the same answer again, once, to the peer",
        ("test_every_message_at_every_later_point_of_its_exchange",)),
    Row("repeats a first message from elsewhere", "a standing tunnel",
        "a half-open negotiation for its source, which ends by itself; the tunnel stands",
        ("test_a_first_message_again_is_one_negotiation_more_at_most_and_its_answer_goes_to_its_sender",)),
    Row("repeats QM2", "to the initiator, after the renewal of a pair",
        "QM3 again to the peer; traffic stays on the old pair a while longer, at most 100 seconds",
        ("test_qm2_again_and_again_holds_traffic_on_the_old_pair_for_a_while_only",)),
    Row("repeats messages of before", "after a renewal, after a delete, in the next tunnel",
        "drop; nothing changes",
        ("test_messages_of_before_are_nothing_after_a_renewal_of_phase_2",
         "test_messages_of_before_are_nothing_after_the_end", "test_a_delete_again_does_not_end_the_next_tunnel")),
    Row("repeats a protected message of long ago, or uses its message id again",
        "after 1,200 others; from the peer's address and from another; with valid protection, in either exchange",
        "drop (REPLAYED_MESSAGE_ID): ids are remembered as long as the IKE SA lives, and phase 1 is renewed before "
        "they are too many",
        ("test_an_old_message_is_none_after_a_thousand_others", "test_our_own_message_is_none_after_a_thousand_others",
         "test_an_id_that_was_used_in_one_exchange_is_used_in_the_other_too",
         "test_ids_are_sorted_and_there_is_an_end_to_them", "test_so_many_ids_renew_phase_1_and_the_tunnel_goes_on",
         "test_a_peer_that_used_them_all_up_is_heard_no_more")),
    Row("sends a message back to its sender", "each of MM1 to QM3, keepalives, ESP; and all, one after the other",
        "drop; a box does not negotiate with itself, and its own public value is nobody's",
        ("test_a_first_message_that_comes_back_is_no_negotiation", "test_a_box_cannot_be_made_its_own_peer",
         "test_esp_sent_back_is_nobodys")),
    Row("repeats ESP", "in the window, left of it, across a renewal, after the end of the pair, after a restart",
        "drop (REPLAY, UNKNOWN_SPI)",
        ("test_esp_again_in_the_window_and_left_of_it",
         "test_esp_again_across_a_renewal_and_after_the_end_of_its_pair",
         "test_esp_of_before_a_restart_is_unknown_and_answered_with_nothing")),
    Row("changes a message", "each bit of the header, each octet that is encrypted and hashed, each shorter one, "
        "longer ones with up to two blocks more; before each of MM1 to QM3",
        "as if it had not come, the message itself is taken after it",
        ("test_a_changed_copy_before_each_message_is_nothing", "test_a_cut_first_message_leaves_nothing_behind",
         "test_a_message_that_lacks_what_it_needs_is_none")),
    Row("changes what no hash covers", "the cookie of who speaks first, flags, vendor IDs behind the hash",
        "that try may fail, the next one is up; keepalives may be off in that IKE SA",
        ("test_what_no_hash_covers_changes_the_fate_of_one_try_only",
         "test_what_stands_behind_the_hash_may_cost_a_try_or_the_keepalives_and_no_more",
         "test_cookies_that_are_changed_all_the_time_bring_nothing_up")),
    Row("puts messages under other cookies", "those of another IKE SA of the same two, and the other way round",
        "drop; nothing changes", ("test_messages_of_one_sa_are_nothing_under_the_cookies_of_another",)),
    Row("changes or cuts ESP", "each octet", "drop (BAD_ICV, UNKNOWN_SPI, REPLAY); the window stays",
        ("test_esp_changed_anywhere_is_dropped_and_the_window_stays",)),
    Row("changes the offer of MM1", "transforms removed, swapped, added, renumbered, a lifetime, each octet",
        "HASH_I fails at the responder (BAD_HASH), or the offer is refused; nothing comes up",
        ("test_an_offer_changed_on_the_way_is_found_out_by_hash_i", "test_each_octet_of_the_offer_is_covered")),
    Row("changes the answer of MM2", "another transform that was offered, one that was not, another lifetime",
        "nothing comes up; what was not offered is dropped and the wait goes on; a lifetime there counts nothing",
        ("test_the_answer_swapped_for_the_weak_offer_brings_nothing_up", "test_an_answer_that_was_not_offered_is_none",
         "test_an_answer_that_was_not_offered_does_not_end_the_wait_for_the_real_one",
         "test_a_lifetime_put_into_the_answer_is_not_taken")),
    Row("changes NAT traversal", "vendor IDs and NAT-D payloads taken out or changed, in one direction or both",
        "the tunnel is up as both sides then see it, or does not come up; the next try without him is up",
        ("test_nat_traversal_changed_on_the_way",)),
    Row("changes addresses and ports before authentication", "each of MM2 to MM6 from elsewhere, each message from "
        "another port", "drop (UNKNOWN_COOKIE); the tunnel is at the ports of IKE",
        ("test_a_message_of_main_mode_from_another_address_is_nobodys",
         "test_another_port_on_one_message_leads_nobody_away")),
    Row("sends the peer's packets from elsewhere, no NAT in front of the peer", "new and verified IKE and ESP",
        "they are taken; answers go to the peer",
        ("test_a_peer_without_nat_stays_even_by_what_is_new_and_verified",
         "test_esp_of_a_peer_without_nat_is_taken_from_anywhere_and_answered_to_the_peer")),
    Row("sends the peer's packets from elsewhere, a NAT in front of the peer",
        "IKE and ESP again, damaged, older, of long ago, with esp-none, with replay disable",
        "the peer stays where it is",
        ("test_what_was_sent_before_moves_nobody", "test_a_message_of_long_ago_moves_nobody",
         "test_damaged_esp_moves_nobody", "test_esp_without_authentication_moves_nobody",
         "test_esp_again_moves_nobody_where_the_replay_check_is_off",
         "test_an_older_packet_that_was_held_back_moves_nobody")),
    Row("holds a new ESP packet back and sends it from elsewhere, a NAT in front of the peer", "a standing tunnel",
        "**answers go there until the peer's next packet** (RFC 3948 asks for it; see below)",
        ("test_a_new_packet_from_elsewhere_moves_a_peer_behind_nat_and_the_next_one_brings_it_back",)),
    Row("sends public values that are none", "wrong lengths, 0, 1, p-1, p and above, off the curve, on the twist, the "
        "box's own; MM3, MM4, QM1, QM2; groups 2, 5, 14, 19, 20, 21",
        "drop (BAD_KEY_EXCHANGE); no answer in main mode, a notify under protection and no SA in quick mode",
        ("test_no_public_value_in_main_mode_is_dropped_by_name_and_the_real_one_is_taken",
         "test_no_public_value_in_quick_mode_ends_it_without_sas",
         "test_a_resealed_quick_mode_is_the_same_as_the_real_one",
         "test_a_value_or_secret_with_leading_zeros_has_its_full_length")),
    Row("sends a public value of his own", "MM3 and MM4", "nothing comes up: he has no key",
        ("test_a_public_value_of_the_attackers_own_brings_nothing_up",)),
    Row("sends nonces of 0, 1, 7, 257 and 1,000 octets", "MM3 and MM4", "drop (MALFORMED_PAYLOAD)",
        ("test_a_nonce_has_8_to_256_octets",)),
    Row("sends first messages in a victim's name", "over 300 kinds, damaged ones, repeated ones, all exchange types; "
        "ports 500 and 4500; in the name of a stranger and of the peer",
        "never more octets go to the victim than came, and time alone brings nothing",
        ("test_no_first_message_is_answered_with_more_octets_than_it_has", "test_nor_is_a_damaged_one",
         "test_a_repetition_is_answered_once_each_and_time_alone_brings_nothing",
         "test_the_answer_keeps_what_it_needs_where_the_first_message_is_small",
         "test_a_real_first_message_is_larger_than_its_answer")),
    Row("sends ESP of no SA, or rubbish under the right cookies", "with and without a standing IKE SA",
        "told to the peer under protection, 4 SPIs in a second, where an IKE SA stands; else silence",
        ("test_esp_of_no_sa_is_answered_under_a_standing_ike_sa_only_and_to_its_peer",
         "test_rubbish_under_the_cookies_of_a_standing_sa_is_not_answered")),
    Row("measures times", "wrong hashes in MM5, MM6, QM1 to QM3",
        "compared in constant time; one reason and silence wherever they are wrong",
        ("test_the_search_finds_a_careless_comparison", "test_no_hash_is_compared_octet_by_octet",
         "test_a_wrong_hash_is_dropped_alike_wherever_it_is_wrong")),
    Row("answers in the peer's place and tries keys at home", "MM2 and MM4; a list of words",
        "**a weak key is found**, a strong one is not ([pre-shared keys](pre_shared_keys.md)); who only listens cannot",
        ("test_a_weak_key_is_found_at_home_after_one_answer", "test_a_strong_key_is_in_no_list",
         "test_who_only_listens_cannot_try_keys")),
)  # fmt: skip

HEAD = f"""# Attackers on the path

Somebody between two whole boxes sees, holds back, changes, repeats and invents every packet, in virtual time, always
the same. This page is made by `{COMMAND}`, which runs the tests that it names (half a minute).

"Nothing changes" means: all that a box holds and acts by (IKE SAs, quick modes, sessions, pairs of SAs with their
windows, every deadline) is compared before and after, and the exchange goes on to a tunnel that carries traffic.

| he | where | what happens | tries |
|---|---|---|---|
"""

TAIL = """
## What IKEv1 leaves open, and we cannot close

* **He can keep a tunnel down**, by holding packets back; nothing here helps against that. A forged MM2, MM3 or MM4 that
  comes before the real one ends that try the same way: nothing in them is proven. The next try, without him, is up.
* **No hash covers vendor IDs, NAT-D payloads, ports, the flags of the header and what stands behind the hash in MM5 and
  MM6.** So he can turn NAT traversal off or on, and dead peer detection off in one IKE SA. What was negotiated, and
  with whom, is covered: the whole offer, public values, nonces, cookies and identities.
* **A peer behind a NAT is followed** by its newest verified packet (RFC 3947 §4, RFC 3948). Who holds that packet back
  and sends it from elsewhere gets the answers until the peer's next packet comes; he cannot read them.
* **A notify in clear explains a silence.** It changes no state; but where an answer never comes, the reason that is
  told names such a notify, and he can have invented it.
* **A weak pre-shared key falls** to who answers once in the peer's place ([pre-shared keys](pre_shared_keys.md)).

## How much comes back

The smallest first message that is answered has 72 octets, and its answer 72. Vendor IDs come back only as far as they
fit: that of NAT traversal is as long as the one that asked for it, that of fragmentation is left out where the answer
would be longer than what it answers. A refusal has 40 octets, as many as the smallest message that is refused. ESP of
an unknown SPI, in the name of a peer with a standing IKE SA, brings that peer at most 8 protected messages a second.
"""


def counted() -> dict[str, tuple[int, int]]:
    """The tests run: by function how many cases, and how many of them failed."""
    here = Path(__file__).parent
    files = [*sorted(str(path) for path in here.glob("test_onpath_*.py")), str(here / "test_weak_keys.py")]
    with TemporaryDirectory() as folder:
        record = Path(folder) / "record.xml"
        command = [sys.executable, "-m", "pytest", "-n", "0", "-q", f"--junitxml={record}", *files]
        subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, check=False)
        cases = ElementTree.parse(record).getroot().iter("testcase")
        runs, failed = Counter[str](), Counter[str]()
        for case in cases:
            name = case.attrib["name"].partition("[")[0]
            runs[name] += 1
            failed[name] += any(child.tag in ("failure", "error", "skipped") for child in case)
    return {name: (runs[name], failed[name]) for name in runs}


def reference_page() -> str:
    """The page, with the tests run anew."""
    found = counted()
    return HEAD + "".join(f"{row_of(row)} {_tries(row, found)} |\n" for row in ROWS) + TAIL


def row_of(row: Row) -> str:
    """A row without its last cell."""
    return f"| {row.does} | {row.where} | {row.happens} |"


def _tries(row: Row, found: dict[str, tuple[int, int]]) -> str:
    runs = sum(found.get(name, (0, 0))[0] for name in row.tests)
    failed = sum(found.get(name, (0, 1))[1] for name in row.tests)
    return f"**{failed} failed** of {runs}" if failed else f"{runs} passed"
