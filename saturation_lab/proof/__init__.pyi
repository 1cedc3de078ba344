"""The public names of this room, each with the module that defines it."""

from .calibration import EXAMPLES as EXAMPLES
from .calibration import GUARANTEES as GUARANTEES
from .calibration import LAYERS as LAYERS
from .calibration import POOL as POOL
from .calibration import SIZE as SIZE
from .calibration import STUDIES as STUDIES
from .calibration import WIDTH as WIDTH
from .calibration import Guarantee as Guarantee
from .calibration import Pool as Pool
from .calibration import calibrate as calibrate
from .calibration import draw_pools as draw_pools
from .coverage import NUMBERS as NUMBERS
from .coverage import coverage as coverage
from .guarantees import CoverageRow as CoverageRow
from .guarantees import GuaranteeRow as GuaranteeRow
from .guarantees import Record as Record
from .guarantees import record_from as record_from
from .guarantees import recorded as recorded
from .selfcheck import PAIRS as PAIRS
from .selfcheck import SMALL as SMALL
from .selfcheck import Check as Check
