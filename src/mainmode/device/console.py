"""How a console of the device prints debug lines."""

from collections.abc import Mapping

from mainmode.catalogue.envelope import Form
from mainmode.device.config.model import Release

FORMS: Mapping[Release, Form] = {Release.OLD: Form.COLON, Release.NEW: Form.BARE}
"""The form of each release."""
