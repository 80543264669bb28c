"""mainmode: an IKEv1 LAN-to-LAN firewall that speaks the Cisco ASA's language."""

__version__ = "0.1.0"
