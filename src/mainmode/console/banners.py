"""The banners of a configuration, as they are shown."""

from collections.abc import Iterator

from mainmode.device.config.model import Configuration


def banner_lines(configuration: Configuration, *kinds: str) -> Iterator[str]:
    """The lines of the banners of these kinds, kind by kind. They may name the device."""
    settings = configuration.settings
    domain = settings.domain_name.value if settings.domain_name is not None else ""
    for kind in kinds:
        for banner in settings.administration.banners:
            if banner.kind == kind:
                text = banner.text.replace("$(hostname)", settings.hostname.value)
                yield text.replace("$(domain)", domain)
