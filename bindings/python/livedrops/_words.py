"""The bases of the enums: a number in C++ and in arrays, a word for people and JSON."""

import enum


class Word(enum.IntEnum):
    """``str(Outcome.SOLD_OUT)`` is ``"sold_out"``, the name that C++, SQL and JSON use."""

    @property
    def text(self) -> str:
        """The name that C++, SQL and JSON use."""
        return self.name.lower()

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)


class EventWord(Word):
    """``str(EventType.ORDER_CONFIRMED)`` is ``"orderConfirmed"``."""

    @property
    def text(self) -> str:
        first, *rest = self.name.lower().split("_")
        return first + "".join(part.capitalize() for part in rest)
