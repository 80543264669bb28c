"""Access lists that nothing uses: what an entry without its list may have meant."""

from mainmode.device.config.model import Configuration, PolicyNat, PolicyStatic


def lists_in_use(configuration: Configuration) -> set[str]:
    """The access lists that something other than a crypto map uses."""
    rules = (*configuration.old_nat, *configuration.statics)
    used = {one.acl for one in rules if isinstance(one, PolicyNat | PolicyStatic)}
    filters = (policy.vpn_filter for policy in configuration.group_policies.values())
    used |= {one.value for one in filters if one is not None and one.value is not None}
    return used | {group.acl for group in configuration.access_groups}


def spare_lists(configuration: Configuration) -> list[str]:
    """The extended access lists that no crypto map entry and nothing else uses, in the file's order."""
    maps = (*configuration.crypto_maps.values(), *configuration.dynamic_maps.values())
    used = {entry.acl.value for one in maps for entry in one.entries if entry.acl is not None}
    used |= lists_in_use(configuration)
    return [name for name, one in configuration.access_lists.items() if name not in used and one.aces]
