"""The public names of this room, each with the module that defines it."""

from .app import VERBS as VERBS
from .app import main as main
from .options import LayerGains as LayerGains
from .options import StudyOptions as StudyOptions
from .options import Whole as Whole
from .options import study_from as study_from
from .verb_calibrate import markdown as markdown
