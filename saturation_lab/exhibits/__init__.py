"""Exhibits of a page: each computes its table, its drawing, and its texts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
