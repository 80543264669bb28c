"""The base: values that every room may use. Imports the standard library only."""
