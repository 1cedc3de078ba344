"""A parser of a page's HTML: its links, its visible content and its texts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_UNSEEN = ("script", "style")


class Seen(HTMLParser):
    """What a reader gets from a page; spaces of every kind are one plain space.

    Attributes
    ----------
    ids, links
        The ids of its elements, and where its links lead.
    addresses
        All that it refers to, links included.
    alternatives
        What is said in place of its drawings.
    text
        Its words, as they are read.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.addresses: list[str] = []
        self.alternatives: list[str] = []
        self._tag = ""
        self._pieces: list[str] = []
        self.feed(html)
        self.text = _even("".join(self._pieces))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        for name, value in attrs:
            if not value:
                continue
            if name in ("src", "srcset", "href", "action"):
                self.addresses.append(value)
            if tag == "a" and name == "href":
                self.links.append(value)
            if name == "id":
                self.ids.append(value)
            if name == "alt":
                self.alternatives.append(_even(value))

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""

    def handle_data(self, data: str) -> None:
        if self._tag not in _UNSEEN:
            self._pieces.append(data)

    def lacks(self, *words: str) -> list[str]:
        """Return which words the page does not say."""
        return [one for one in words if _even(one) not in self.text]


def _even(text: str) -> str:
    return " ".join(text.split())  # no-break spaces too


def refuse_broken(seen: Seen) -> None:
    """Assert that a page is whole: offline, ids once, links lead somewhere, no bare nan."""
    assert len(seen.ids) == len(set(seen.ids))
    for address in seen.addresses:
        assert " " not in address, address[:80]  # a srcset would end there
        assert address.startswith(("data:", "#")), address[:80]
        if address.startswith("#"):
            assert address[1:] in seen.ids
    assert all(re.search(r"\d", text) for text in seen.alternatives)
    assert not re.search(r"(?<![A-Za-z])nan(?![A-Za-z])", seen.text)
