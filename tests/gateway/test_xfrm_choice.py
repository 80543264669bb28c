"""Whether the kernel is the data plane: it is asked with an SA for each suite, and the configuration is looked at."""

import errno
from collections.abc import Callable

import pytest
from fake_kernel import FakeLoop, FakeXfrm, Kernel
from gateway_boxes import CONFIGURATION, gateway_of

from mainmode.base.errors import InputError
from mainmode.device.config.reader import read
from mainmode.device.settings import ike_settings
from mainmode.gateway import choosing
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.xfrm import choice as room
from mainmode.gateway.xfrm.choice import Choice, choice_for

TWO_SUITES = CONFIGURATION.replace(
    "crypto map MAP 10 set ikev1 transform-set TRANSFORM",
    "crypto ipsec ikev1 transform-set GCM esp-aes-gcm-256 esp-none\n"
    "crypto map MAP 10 set ikev1 transform-set TRANSFORM GCM",
)
PAT = "nat (inside,outside) source dynamic any interface\n"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Choice, Kernel]]:
    """Asks a kernel of this process about a configuration."""

    def ask(text: str, refuses: Callable[[str], int | None] = lambda call: None) -> tuple[Choice, Kernel]:
        kernel = Kernel(refuses=refuses)
        monkeypatch.setattr(room, "Xfrm", lambda: FakeXfrm(kernel))
        configuration = read(text, "a.cfg")
        return choice_for(configuration, ike_settings(configuration, None)), kernel

    return ask


def test_a_kernel_that_takes_an_sa_of_each_suite_is_the_data_plane(asked: Callable[..., tuple[Choice, Kernel]]) -> None:
    choice, kernel = asked(TWO_SUITES)
    assert choice.fits
    assert kernel.calls == ["add_state", "remove_state"] * 2
    assert not kernel.states
    assert "cbc(aes) of 128 bits with hmac(sha1)" in choice.why
    assert "rfc4106(gcm(aes)) of 256 bits" in choice.why


def test_a_kernel_without_one_of_the_suites_is_not_and_the_suite_is_named_with_the_reason(
    asked: Callable[..., tuple[Choice, Kernel]],
) -> None:
    adding = 0

    def refuses(call: str) -> int | None:
        nonlocal adding
        adding += call == "add_state"
        return errno.ENOENT if call == "add_state" and adding == 2 else None

    choice, kernel = asked(TWO_SUITES, refuses)
    assert not choice.able
    assert choice.why == (
        "the kernel does not take ESP with rfc4106(gcm(aes)) of 256 bits: No such file or directory (ENOENT)"
    )
    assert not kernel.states


def test_a_statement_that_the_kernel_does_not_honour_decides_and_is_named(
    asked: Callable[..., tuple[Choice, Kernel]],
) -> None:
    choice, _ = asked(CONFIGURATION + PAT)
    assert (choice.able, choice.fits) == (True, False)
    assert choice.why.startswith("the kernel does not do all that is configured: addresses of protected traffic")
    assert PAT.strip() in choice.why


def test_a_host_without_xfrm_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise NetlinkError("open the kernel's IPsec (XFRM)", errno.EPROTONOSUPPORT)

    monkeypatch.setattr(room, "Xfrm", absent)
    configuration = read(CONFIGURATION, "a.cfg")
    choice = choice_for(configuration, ike_settings(configuration, None))
    assert not choice.able
    assert "cannot open the kernel's IPsec (XFRM): Protocol not supported" in choice.why


class _Sockets:
    both = (None, None)


def choose(monkeypatch: pytest.MonkeyPatch, word: str, choice: Choice) -> tuple[str, str, list[str]]:
    """Name and reason of the data plane that is chosen, and what the gateway told."""
    monkeypatch.setattr(choosing, "choice_for", lambda configuration, settings: choice)
    rig = gateway_of("a")
    plane = choosing.choose(word, rig.gateway, FakeLoop(), "mainmode0", _Sockets())  # type: ignore[arg-type]
    return plane.name, plane.why, rig.told


def test_auto_takes_the_kernel_where_it_fits_and_says_why_not_where_it_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert choose(monkeypatch, "auto", Choice(True, "because")) == ("kernel", "because", [])
    assert choose(monkeypatch, "auto", Choice(False, "because not")) == ("user space", "because not", [])
    assert choose(monkeypatch, "user", Choice(True, "because")) == ("user space", "it was asked for", [])


def test_the_kernel_that_was_asked_for_is_taken_with_what_it_does_not_do_told_or_refused(
    monkeypatch: pytest.MonkeyPatch, asked: Callable[..., tuple[Choice, Kernel]]
) -> None:
    lacking, _ = asked(CONFIGURATION + PAT)
    name, _, told = choose(monkeypatch, "kernel", lacking)
    assert name == "kernel"
    assert told == [f"the kernel does not do this: {lacking.needs[0]}"]
    with pytest.raises(InputError, match="no ESP; leave --data-plane out, or say user"):
        choose(monkeypatch, "kernel", Choice(False, "no ESP"))
