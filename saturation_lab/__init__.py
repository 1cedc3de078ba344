"""What an initialization does to a neural network: theory, sampled networks, and tested claims.

Examples
--------
>>> from saturation_lab import Study, sample
>>> study = Study(activation="tanh", initializer="glorot_uniform", widths=(32, 32), networks=4)
>>> result = sample(study, workers=1)
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
