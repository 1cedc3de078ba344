"""The public names of this room, each with the module that defines it."""

from .comparable import shown_other_examples as shown_other_examples
from .contrast import Contrast as Contrast
from .contrast import margins_text as margins_text
from .layer_by_layer import compare as compare
from .row import Row as Row
from .row import place as place
