"""What is known to have gone wrong elsewhere, row by row: what arrives, what it did there, the tests that try it here.

The rows are those of the reference on vulnerabilities that this project was given (CVE records, the advisories and
change logs of Libreswan and strongSwan, and what is recalled of others), told in our own words. `tests` are functions
of this folder. `absent` says why there is nothing to try, or what of it there is not.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One row: CVE numbers, whose product, what arrives, what went wrong there."""

    ids: str
    product: str
    arrives: str
    effect: str
    tests: tuple[str, ...] = ()
    absent: str = ""
    result: str = "survived"
    """What is to be said of it where its tests pass."""


_CORPUS = (
    "test_malformed_first_messages_of_both_modes",
    "test_malformed_third_messages",
    "test_malformed_informational_messages_under_valid_keys",
    "test_malformed_quick_modes_under_valid_keys",
)
_CONTAINED = "test_a_fault_of_ours_in_one_packet_ends_that_packet_only"
_HEADER = "test_a_datagram_shorter_than_a_header_or_of_another_length"
_LENGTHS = "test_a_payload_shorter_than_its_header_or_longer_than_the_rest"
_SECOND = "test_messages_of_ikev2"
_VERSIONS = "test_every_version_but_1_0"
_CERTIFICATES = (
    "test_certificates_and_signatures_prove_nothing",
    "test_a_certificate_beside_the_true_hash_is_not_looked_at",
)
_NAMES = "test_a_distinguished_name_as_identity_is_octets_and_never_parsed"
_REFUSED = "test_an_offer_that_is_refused_leaves_nothing_behind"
_STATES = "test_messages_of_other_states"
_CLEAR = "test_informational_messages_in_clear_change_nothing"
_NOBODY = "test_informational_messages_of_no_state"
_HASH = "test_a_hash_that_is_wrong_short_missing_or_not_alone"
_SHORT_FRAGMENTS = "test_fragments_shorter_than_their_header"
_STRAY_FRAGMENTS = "test_fragments_of_no_sa_are_not_kept"
_PUBLIC_VALUES = (
    "test_public_values_out_of_range_and_of_other_sizes",
    "test_no_public_value_in_main_mode_is_dropped_by_name_and_the_real_one_is_taken",
    "test_no_public_value_in_quick_mode_ends_it_without_sas",
)
_CLEAR_ANYWHERE = "test_notifies_and_deletes_in_clear_change_nothing_at_any_point_of_an_exchange"
_PRINTED = "test_every_number_has_words"
_LINES = "test_a_line_takes_a_peers_text_as_it_is"
_ESCAPED = (
    "test_texts_of_peers_in_lines_and_the_log",
    "test_texts_of_peers_in_the_ladder",
    "test_texts_of_peers_in_an_explained_capture",
)
_NO_CERTIFICATES = "there are no certificates here, and no ASN.1 is parsed"
_NO_SECOND = "there is no IKEv2 here: its messages end at their version"
_NO_RSA = "there is no public-key cryptography but Diffie-Hellman here"

ROWS = (
    Row("CVE-2016-1287", "Cisco ASA", "IKE fragments whose lengths do not fit what they make together",
        "heap overflow, code execution",
        (_SHORT_FRAGMENTS, "test_fragments_that_make_no_message", "test_fragments_twice_over_each_other_and_too_many",
         "test_fragments_from_many_sources_for_one_sa")),
    Row("CVE-2013-1149", "Cisco ASA, FWSM", "a crafted IKEv1 message", "reload", (*_CORPUS, _CONTAINED)),
    Row("CVE-2010-2817", "Cisco ASA, PIX", "a crafted IKE message", "reload", (*_CORPUS, _CONTAINED)),
    Row("CVE-2019-15256", "Cisco ASA, FTD", "IKEv1 from anybody, much of it", "memory used up",
        ("test_first_messages_from_everywhere_are_bounded",
         "test_whatever_is_begun_by_whomever_the_places_are_bounded_and_all_are_free_again")),
    Row("CVE-2021-40125", "Cisco ASA, FTD", "malformed IKEv2 of a proven peer", "reload", (_SECOND,), _NO_SECOND),
    Row("CVE-2018-0159", "Cisco IOS, IOS XE", "IKEv1 packets that do not fit the state of the negotiation", "reload",
        (_STATES, "test_messages_out_of_order_from_the_peer", _CORPUS[1])),
    Row("CVE-2012-0381", "Cisco IOS, IOS XE", "IKE over UDP", "reload", (*_CORPUS, _CONTAINED)),
    Row("CVE-2016-6415", "Cisco IOS, IOS XE, IOS XR, PIX", "an offer with parts that say they are longer than they are",
        "memory of the device in the answer",
        ("test_parts_of_an_offer_that_say_they_are_longer_than_they_are",
         "test_an_accepted_offer_is_answered_with_what_was_read_of_it", "test_padding_of_answers_is_zero")),
    Row("CVE-2018-0131", "Cisco IOS, IOS XE", "chosen ciphertexts for authentication by encrypted nonces",
        "an oracle that decrypts", (_REFUSED,), "that method is refused when it is offered"),
    Row("CVE-2018-5389", "main mode of all", "an active attacker in the place of the responder, then a dictionary",
        "a weak pre-shared key is found",
        ("test_a_responder_without_the_key_is_told_of", "test_a_weak_key_is_found_at_home_after_one_answer",
         "test_a_weak_key_is_told_in_what_way",
         "test_the_warning_stands_at_the_line_of_the_key_and_tells_neither_it_nor_its_length"),
        "main mode cannot prevent it, by the protocol: whoever answers in the peer's place may try keys offline",
        "weak keys are warned of"),
    Row("CVE-2002-1623", "aggressive mode of many", "a first message of aggressive mode from anybody",
        "a hash to try keys against, and names of groups are found out",
        ("test_aggressive_mode_gets_no_answer_whatever_the_name",
         "test_aggressive_mode_is_never_answered_and_never_begun")),
    Row("CVE-2014-2108", "Cisco IOS", "malformed IKEv2", "reload", (_VERSIONS, _SECOND), _NO_SECOND),
    Row("CVE-2015-3991", "strongSwan 5.2.2 to 5.3.0", "payload types of the other IKE version",
        "a bad function pointer, code execution",
        ("test_payload_types_of_ikev2_and_unassigned_ones", "test_unknown_payload_types_behind_an_offer", _SECOND)),
    Row("CVE-2013-6075", "strongSwan", "a distinguished name as identity, its ASN.1 broken", "crash, perhaps a bypass",
        (_NAMES, "test_identities_of_other_types_sizes_protocols_and_ports")),
    Row("CVE-2014-2891", "strongSwan before 5.1.2", "a distinguished name as identity", "null pointer", (_NAMES,)),
    Row("CVE-2013-6076", "strongSwan", "an IKE fragment without data or without others", "null pointer",
        (_SHORT_FRAGMENTS, _STRAY_FRAGMENTS)),
    Row("CVE-2013-5018", "strongSwan", "an odd user name in XAUTH", "crash",
        ("test_extended_authentication_and_mode_configuration",)),
    Row("CVE-2014-2338", "strongSwan", "renewal of an SA that is not authenticated yet",
        "the SA counts as established", ("test_a_quick_mode_before_the_peer_is_proven", _STATES)),
    Row("CVE-2009-0790", "Openswan, strongSwan", "keepalives for an SA that there is not, or no more",
        "null pointer, restart", (_NOBODY, _CLEAR, "test_keepalives_of_an_sa_that_is_gone")),
    Row("CVE-2017-11185, CVE-2017-9022", "strongSwan, its gmp plugin",
        "an RSA signature as large as the modulus; odd keys", "crash", _CERTIFICATES, _NO_RSA),
    Row("CVE-2017-9023", "strongSwan, its x509 plugin", "an ASN.1 choice in a certificate", "an endless loop",
        (_NAMES, *_CERTIFICATES), _NO_CERTIFICATES),
    Row("CVE-2018-16151, CVE-2018-16152, CVE-2018-17540", "strongSwan, its gmp plugin",
        "RSA signatures with lax padding", "a forged signature is taken; crash", _CERTIFICATES, _NO_RSA),
    Row("CVE-2018-10811", "strongSwan in FIPS mode", "HMAC-MD5 as prf (IKEv2)", "crash", (_SECOND, _REFUSED)),
    Row("CVE-2021-41991", "strongSwan", "enough certificates that the cache replaces some", "crash", _CERTIFICATES,
        _NO_CERTIFICATES),
    Row("CVE-2022-40617", "strongSwan", "certificates that name the attacker's servers", "denial of service",
        _CERTIFICATES, "certificates are not looked at, and nothing is ever fetched"),
    Row("CVE-2023-41913", "strongSwan, charon-tkm", "a public value longer than its buffer", "overflow, code execution",
        (*_PUBLIC_VALUES, "test_a_quick_mode_with_payloads_missing_or_twice")),
    Row("CVE-2013-4564", "Libreswan 3.6", "a datagram shorter than the header, or of an odd version", "assertion",
        (_HEADER, _VERSIONS)),
    Row("CVE-2013-6466, CVE-2013-6467", "Openswan to 2.6.39, Libreswan", "IKEv2 messages without their payloads",
        "null pointer", (_SECOND, "test_third_messages_with_payloads_missing_or_twice",
                         "test_a_quick_mode_with_payloads_missing_or_twice")),
    Row("CVE-2013-7294", "Libreswan before 3.7", "an IKEv2 notify without a key exchange", "crash", (_SECOND,)),
    Row("CVE-2013-2052, CVE-2013-2053, CVE-2013-2054", "Libreswan, Openswan, strongSwan",
        "the text of a distinguished name with an odd part", "overflow", (_NAMES,)),
    Row("CVE-2011-3380", "Openswan 2.6.29 to 2.6.35", "a key length that no cipher has", "null pointer in the refusal",
        (_REFUSED, "test_a_quick_mode_with_a_transform_that_is_not_spoken")),
    Row("CVE-2015-3204", "Libreswan 3.9 to 3.12",
        "bits of the domain of interpretation, and a payload type, that nobody assigned",
        "assertion when it is printed",
        ("test_a_domain_of_interpretation_that_nobody_assigned", "test_payload_types_of_ikev2_and_unassigned_ones",
         "test_a_quick_mode_of_another_domain", _PRINTED)),
    Row("CVE-2015-3240", "Libreswan before 3.15, Openswan", "a public value of 0", "assertion",
        (*_PUBLIC_VALUES, "test_a_quick_mode_with_payloads_missing_or_twice")),
    Row("CVE-2016-5361", "Libreswan before 3.17, the protocol", "first messages with forged sources",
        "the responder sends more, unasked",
        ("test_a_first_message_that_nobody_follows_up_gets_one_answer",
         "test_no_first_message_is_answered_with_more_octets_than_it_has")),
    Row("CVE-2019-10155", "Libreswan before 3.29, Openswan, strongSwan before 5.0",
        "informational messages whose hash is wrong", "changed deletes and keepalives are taken", (_HASH,)),
    Row("CVE-2019-12312", "Libreswan 3.27", "an encrypted message before there are keys", "null pointer",
        (_STATES, _NOBODY, _SECOND)),
    Row("CVE-2020-1763", "Libreswan 3.27 to 3.31", "an informational message of no state", "null pointer in a line",
        (_NOBODY,)),
    Row("CVE-2022-23094", "Libreswan 4.2 to 4.5", "a first message that is refused early", "null pointer in a line",
        (_REFUSED, _CORPUS[0])),
    Row("CVE-2023-30570", "Libreswan 3.28 to 4.10", "a refused first message, then its responder's cookie again",
        "crash", (_REFUSED, "test_aggressive_mode_gets_no_answer_whatever_the_name")),
    Row("CVE-2023-38710", "Libreswan", "a notify with an odd protocol (IKEv2, of a proven peer)", "assertion",
        (_SECOND, "test_notifies_of_any_type_protocol_and_domain")),
    Row("CVE-2023-38711", "Libreswan 4.6 to 4.11", "quick mode for a name instead of a network", "null pointer",
        ("test_a_quick_mode_for_traffic_of_a_strange_kind",)),
    Row("CVE-2023-38712", "Libreswan 3.0 to 4.11", "one informational message with several deletes and notifies",
        "use after the delete",
        ("test_deletes_and_notifies_behind_the_delete_of_the_sa_itself",
         "test_the_same_ipsec_sa_deleted_again_and_again")),
    Row("CVE-2024-2357", "Libreswan 4.2 to 4.12", "a peer for which there is no key, and repetitions", "assertion",
        ("test_a_peer_for_which_there_is_no_key",)),
    Row("CVE-2024-3652", "Libreswan 3.22 to 4.14", "AES-GMAC in quick mode", "assertion",
        ("test_a_quick_mode_with_a_transform_that_is_not_spoken",)),
    Row("CVE-2026-12413", "Libreswan 4.6 to 5.3", "many unknown payloads (IKEv2)",
        "a fixed array overflows, assertion",
        ("test_more_payloads_than_any_honest_message", _SECOND)),
    Row("CVE-2026-50721, CVE-2026-50722", "Libreswan to 5.3",
        "RSA signatures with a short hash or padding of their own", "assertion; a forged signature is taken",
        _CERTIFICATES, _NO_RSA),
    Row("CVE-2026-14957", "Libreswan 3.0 to 5.3.1 in FIPS mode", "a certificate whose key has the exponent 0",
        "assertion", _CERTIFICATES, _NO_CERTIFICATES),
    Row("CVE-2026-50751", "Check Point", "IKEv1 in which the certificate is not verified",
        "authentication is passed by",
        (*_CERTIFICATES, _HASH)),
    Row("CVE-2009-1574", "racoon before 0.7.2", "fragments without a payload", "null pointer",
        (_SHORT_FRAGMENTS, _STRAY_FRAGMENTS)),
    Row("CVE-2016-10396", "racoon 0.8.2", "fragments in the worst order", "time that grows with the square",
        ("test_fragments_in_any_order_cost_the_same", "test_fragments_twice_over_each_other_and_too_many")),
    Row("CVE-2015-4047", "racoon 0.8.2", "GSS-API in a negotiation", "null pointer", (_REFUSED,)),
    Row("CVE-2007-1841", "racoon before 0.6.7", "a delete or notify in clear", "tunnels end",
        (_CLEAR, _CLEAR_ANYWHERE)),
    Row("CVE-2005-3732", "racoon before 0.6.3", "malformed aggressive mode (PROTOS)", "null pointer", (_CORPUS[0],)),
    Row("CVE-2005-0398", "racoon before 0.5", "a malformed header", "crash", (_HEADER, _VERSIONS, _CORPUS[0])),
    Row("CVE-2004-0164", "racoon", "a delete or an initial contact of nobody", "SAs end",
        (_CLEAR, _CLEAR_ANYWHERE, _HASH)),
    Row("CVE-2004-0403", "racoon", "a payload that says it is very long", "memory, time",
        (_LENGTHS, "test_a_datagram_of_the_largest_size")),
    Row("CVE-2004-0218, CVE-2004-0219, CVE-2004-0220, CVE-2004-0221, CVE-2004-0222", "OpenBSD isakmpd",
        "payloads of length zero, deletes of many SPIs, requests for certificates", "crash, memory",
        (_LENGTHS, "test_a_delete_of_thousands_of_spis", "test_certificate_requests_of_any_size")),
    Row("CVE-2004-0040", "Check Point", "a large request for certificates", "overflow",
        ("test_certificate_requests_of_any_size", _CERTIFICATES[0])),
    Row("CVE-2005-3666, CVE-2005-3667, CVE-2005-3668, CVE-2005-3915, CVE-2005-4564", "many (PROTOS c09-isakmp)",
        "malformed first messages of main mode and aggressive mode", "crash, templates of the peer's",
        (_CORPUS[0], _LINES, *_ESCAPED)),
    Row("CVE-2022-34721, CVE-2022-21849, CVE-2023-21758", "Windows, its IKE service", "crafted IKE packets",
        "code execution, denial of service", (*_CORPUS, _CONTAINED)),
    Row("CVE-2026-33824", "Windows, IKEv2", "fragments that are put together twice", "freed twice, code execution",
        (_SECOND, "test_fragments_twice_over_each_other_and_too_many")),
    Row("CVE-2023-28771", "Zyxel", "text in an IKE packet that reaches a shell", "commands run",
        ("test_nothing_here_runs_a_shell_or_another_program", _LINES, *_ESCAPED)),
    Row("CVE-2001-0376", "SonicWall", "a pre-shared key of more than 48 characters", "it is cut without a word",
        ("test_a_key_is_taken_whole_or_refused",)),
)  # fmt: skip

CHECKLIST = (
    Row("1", "", "The datagram: 28 octets or more, as long as its header says, version 1.0, an exchange that is "
        "spoken, reserved flags ignored", "",
        (_HEADER, "test_a_datagram_of_the_largest_size", _VERSIONS, "test_exchanges_that_are_not_spoken",
         "test_flags_that_nobody_assigned_are_ignored")),
    Row("2", "", "The chain of payloads: lengths from 4 to what is left, not more than 50, proposals and transforms in "
        "an offer only and as many as said", "",
        (_LENGTHS, "test_more_payloads_than_any_honest_message",
         "test_proposals_and_transforms_outside_an_offer_or_miscounted", "test_a_delete_of_thousands_of_spis")),
    Row("3", "", "The payloads that a message needs are there, and none twice", "",
        ("test_third_messages_with_payloads_missing_or_twice", "test_a_quick_mode_with_payloads_missing_or_twice",
         _CERTIFICATES[0], _HASH)),
    Row("4", "", "Public values of the exact size and in range, nonces of 8 to 256 octets, hashes of the exact size "
        "and compared in constant time", "",
        (*_PUBLIC_VALUES, "test_third_messages_with_payloads_missing_or_twice", _HASH,
         "test_no_hash_is_compared_octet_by_octet")),
    Row("5", "", "Nothing is kept of a refused first message; half-open negotiations, rates, sets of fragments and "
        "unfinished quick modes are bounded", "",
        (_REFUSED, "test_first_messages_from_everywhere_are_bounded", "test_fragments_from_many_sources_for_one_sa",
         _STRAY_FRAGMENTS, "test_unfinished_quick_modes_are_bounded")),
    Row("6", "", "Notifies and deletes in clear change nothing; protected ones count by their hash, and once", "",
        (_CLEAR, _CLEAR_ANYWHERE, _HASH, "test_a_message_id_counts_once",
         "test_an_id_that_was_used_in_one_exchange_is_used_in_the_other_too")),
    Row("7", "", "Whatever is printed has words for every number and escapes every text", "",
        (_PRINTED, _LINES, *_ESCAPED)),
    Row("8", "", "A fault in one packet is told, and ends that packet only", "", (_CONTAINED,)),
)  # fmt: skip
