"""Comparison of two sets of measured networks: where they differ and where they are alike."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
