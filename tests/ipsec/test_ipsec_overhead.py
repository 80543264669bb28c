"""The overhead figures that the device prints."""

import pytest
from ipsec_samples import AES_SHA, SUITES, Dice, keys_for, suite_name

from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.ipsec.dataplane import EspSuite
from mainmode.ipsec.esp import OutboundSa
from mainmode.ipsec.overhead import headers_before_payload, overhead


def test_the_figures_of_the_reference() -> None:
    # `ipsec overhead 74`, and `74(44)` and `82(52)` of newer releases (public show crypto ipsec sa outputs).
    assert (overhead(AES_SHA, False), headers_before_payload(AES_SHA, False)) == (74, 44)
    assert (overhead(AES_SHA, True), headers_before_payload(AES_SHA, True)) == (82, 52)


def test_3des_has_the_58_of_public_outputs() -> None:
    # `path mtu 1500, ipsec overhead 58, media mtu 1500` with `esp-3des esp-sha-hmac`, in a public output.
    assert overhead(EspSuite(EspTransform.TRIPLE_DES, 0, EspAuthentication.HMAC_SHA1), False) == 58


@pytest.mark.parametrize("suite", SUITES, ids=suite_name)
def test_no_packet_grows_by_more_than_the_figure(suite: EspSuite) -> None:
    outbound, dice = OutboundSa(1, suite, keys_for(suite)), Dice()
    growth = {20 + len(outbound.seal(bytes(size), dice)) - size for size in range(100, 140)}
    assert max(growth) < overhead(suite, False)
    assert min(growth) >= headers_before_payload(suite, False) + 2
