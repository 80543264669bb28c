"""Who is whose peer among the configurations of a folder; and what is said of those that have no partner."""

from mainmode.check.pairs import Found, card_of, pairs_of
from mainmode.device.config.reader import read

OUTSIDE = "interface Ethernet0\n nameif outside\n ip address {} 255.255.255.0{}\n"
BOUND = "crypto map M interface outside\ncrypto isakmp enable outside\n"


def device(name: str, address: str, *peers: str, more: str = "", standby: str = "") -> str:
    entries = "".join(f"crypto map M {10 * place} set peer {peer}\n" for place, peer in enumerate(peers, 1))
    behind = f" standby {standby}" if standby else ""
    return f"hostname {name}\n{OUTSIDE.format(address, behind)}{entries}{BOUND}{more}"


def found(**texts: str) -> Found:
    return among({f"{name}.cfg": text for name, text in texts.items()})


def among(files: dict[str, str]) -> Found:
    return pairs_of([card_of(read(text, name)) for name, text in files.items()])


def test_a_hub_and_its_sites_are_pairs_each_of_them_once() -> None:
    told = found(
        hub=device("hub", "192.0.2.1", "192.0.2.2", "192.0.2.3"),
        one=device("one", "192.0.2.2", "192.0.2.1"),
        two=device("two", "192.0.2.3", "192.0.2.1"),
    )
    assert (told.pairs, told.lonely, told.notes) == (((0, 1), (0, 2)), (), ())


def test_one_side_that_names_the_other_is_enough() -> None:
    told = found(
        hub=device("hub", "192.0.2.1", more="crypto dynamic-map D 1 set pfs\ncrypto map M 99 ipsec-isakmp dynamic D\n"),
        one=device("one", "192.0.2.2", "192.0.2.1"),
        typo=device("typo", "192.0.2.3", "192.0.2.111"),
        three=device("three", "192.0.2.4", "192.0.2.3"),
    )
    assert told.pairs == ((0, 1), (2, 3))
    assert [(one.file, one.peer) for one in told.lonely] == [("typo.cfg", "192.0.2.111")]
    assert told.lonely[0].line == "typo.cfg:5 crypto map M 10 set peer 192.0.2.111"


def test_each_peer_of_a_list_is_looked_for() -> None:
    told = found(a=device("a", "192.0.2.1", "192.0.2.9 192.0.2.2"), b=device("b", "192.0.2.2", "192.0.2.1"))
    assert told.pairs == ((0, 1),)
    assert [one.peer for one in told.lonely] == ["192.0.2.9"]


def test_an_interface_that_is_shut_down_or_has_no_crypto_map_is_still_the_peers() -> None:
    down = device("b", "192.0.2.2").replace(" nameif", " shutdown\n nameif").replace(BOUND, "")
    told = found(a=device("a", "192.0.2.1", "192.0.2.2"), b=down)
    assert told.pairs == ((0, 1),)


def test_a_copy_of_a_file_is_left_out_and_told() -> None:
    hub = device("hub", "192.0.2.1", "192.0.2.2")
    told = found(hub=hub, hub_old=hub + "no crypto map M 10\n", one=device("one", "192.0.2.2", "192.0.2.1"))
    assert told.pairs == ((0, 2),)
    (note,) = told.notes
    assert note.startswith("hub_old.cfg is left out: it has the hostname hub and the address 192.0.2.1 of hub.cfg")


def test_an_inside_address_that_another_device_has_too_takes_no_pair_away() -> None:
    inside = "interface Ethernet1\n nameif inside\n ip address 192.0.2.2 255.255.255.0\n"
    told = found(
        a=device("a", "192.0.2.1", "192.0.2.2"),
        other=device("other", "198.51.100.1", more=inside),
        b=device("b", "192.0.2.2", "192.0.2.1"),
    )
    assert told.pairs == ((0, 2),)
    assert told.notes == ("not checked: other.cfg: names no peer, and no other file names an address of it as one",)


def test_of_two_devices_with_one_address_the_one_counts_that_names_the_asker() -> None:
    texts = {
        "a": device("a", "192.0.2.1", "192.0.2.2"),
        "b": device("b", "192.0.2.2", "192.0.2.1"),
        "stranger": device("stranger", "192.0.2.2", "203.0.113.9"),
    }
    assert found(**texts).pairs == ((0, 1),)
    texts["stranger"] = device("stranger", "192.0.2.2", "192.0.2.1")
    told = found(**texts)
    assert told.pairs == ((0, 1), (0, 2))
    assert told.notes == (
        "a.cfg:5 crypto map M 10 set peer 192.0.2.2: 192.0.2.2 is an address of b.cfg and stranger.cfg: "
        "each is checked",
    )


def test_a_peer_that_is_oneself_or_a_standby_unit_is_told() -> None:
    told = found(
        a=device("a", "192.0.2.1", "192.0.2.1", "192.0.2.22"),
        b=device("b", "192.0.2.2", standby="192.0.2.22"),
    )
    assert [one.peer for one in told.lonely] == ["192.0.2.1", "192.0.2.22"]
    own, standby = told.notes
    assert own.endswith("set peer 192.0.2.1: this is the device's own address")
    assert "this is the standby address of b.cfg" in standby


def test_a_device_that_only_waits_for_peers_is_told() -> None:
    waits = "crypto dynamic-map D 1 set pfs\ncrypto map M 99 ipsec-isakmp dynamic D\n"
    told = found(
        a=device("a", "192.0.2.1", "192.0.2.2"), b=device("b", "192.0.2.2"), hub=device("hub", "192.0.2.3", more=waits)
    )
    assert told.notes == ("not checked: hub.cfg: only a dynamic crypto map, and no other file names an address of it",)


def test_many_files_in_a_note_are_bounded() -> None:
    told = found(**{f"x{number}": device(f"x{number}", f"192.0.2.{number}") for number in range(1, 40)})
    (note,) = told.notes
    assert "x10.cfg and 29 more: names no peer" in note


def test_folders_of_one_network_at_two_times_are_checked_each_by_itself() -> None:
    hub, one = device("hub", "192.0.2.1", "192.0.2.2"), device("one", "192.0.2.2", "192.0.2.1")
    told = among({"may/hub.cfg": hub, "may/one.cfg": one, "june/hub.cfg": hub, "june/one.cfg": one})
    assert (told.pairs, told.notes) == (((0, 1), (2, 3)), ())
    wrong = device("one", "192.0.2.2", "192.0.2.111")
    told = among({"may/hub.cfg": hub, "may/one.cfg": one, "june/hub.cfg": hub, "june/one.cfg": wrong})
    assert told.pairs == ((0, 1), (2, 3))
    told = among({"may/hub.cfg": hub, "june/hub.cfg": hub, "july/one.cfg": device("one", "192.0.2.3", "192.0.2.1")})
    assert told.pairs == ()
    assert told.notes[0].endswith(
        "192.0.2.1 is an address of may/hub.cfg and june/hub.cfg, all in other folders than this file: "
        "which of them is meant is not known"
    )


def test_the_hub_may_stand_in_another_folder_than_its_sites() -> None:
    hub, one = device("hub", "192.0.2.1", "192.0.2.2"), device("one", "192.0.2.2", "192.0.2.1")
    assert among({"hub.cfg": hub, "sites/one.cfg": one}).pairs == ((0, 1),)


def test_two_alone_are_a_pair_though_neither_names_the_other() -> None:
    told = found(a=device("a", "192.0.2.1", "192.0.2.91"), b=device("b", "192.0.2.2", "192.0.2.92"))
    assert (told.pairs, told.guessed, told.notes) == (((0, 1),), True, ())
    sites = found(a=device("a", "192.0.2.1", "192.0.2.9"), b=device("b", "192.0.2.2", "192.0.2.9"))
    assert (sites.pairs, sites.guessed) == ((), False)
