"""The public names of this room, each with the module that defines it."""

from .frameworks import FRAMEWORKS as FRAMEWORKS
from .frameworks import code_lines as code_lines
from .reasons import faults_of as faults_of
from .recommend import Candidate as Candidate
from .recommend import Recommendation as Recommendation
from .recommend import candidates as candidates
from .recommend import recommended_study as recommended_study
from .recommend import sample_options as sample_options
from .scoring import CRITERIA as CRITERIA
from .scoring import KEPT as KEPT
from .scoring import Criterion as Criterion
from .scoring import Scores as Scores
from .scoring import scores as scores
