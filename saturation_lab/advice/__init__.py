"""Recommended initializations, scored in networks of the user's own depth and width."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
