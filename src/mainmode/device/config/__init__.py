"""The configuration language: declared commands, the model with provenance, the reader, running-config."""

from mainmode.device.config.model import Configuration
from mainmode.device.config.problem import Problem, Severity
from mainmode.device.config.reader import decode, read
from mainmode.device.config.reference import reference_page
from mainmode.device.config.running import running_config

__all__ = ["Configuration", "Problem", "Severity", "decode", "read", "reference_page", "running_config"]
