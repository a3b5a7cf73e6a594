"""The one base of the errors that a user's input can cause: the command line turns these, and no others, into a sentence."""


class SwaputilsError(ValueError):
    """Something that was asked for, or a file that was given, cannot be used; the message says what, where, and what is allowed."""
