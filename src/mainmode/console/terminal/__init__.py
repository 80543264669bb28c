"""A terminal's octets become lines, and what a session prints becomes octets: line editor, pager, echo.

No input or output of its own: faces bring octets and take text.
"""
