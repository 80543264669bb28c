"""`mainmode console`: sit at a firewall of a lab, or at the running gateway where no file is named."""

from argparse import Namespace


def console(arguments: Namespace) -> int:
    """Carry out the command and return its exit code. Raises InputError for everything that the user can mend."""
    if arguments.configurations or arguments.example:
        from mainmode.cli.lab_console import sit_at_lab

        return sit_at_lab(arguments)
    from mainmode.cli.cable import sit_at_gateway

    return sit_at_gateway(arguments)
