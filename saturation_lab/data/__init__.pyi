"""The public names of this room, each with the module that defines it."""

from .column_moments import Moments as Moments
from .column_moments import MomentsTally as MomentsTally
from .column_moments import moments_of as moments_of
from .own_choice import joined_names as joined_names
from .own_choice import split_names as split_names
from .own_files import READERS as READERS
from .own_inputs import FILES as FILES
from .own_inputs import file_sha256 as file_sha256
from .own_inputs import find_inputs as find_inputs
from .own_inputs import is_file_name as is_file_name
from .own_inputs import reading_bytes as reading_bytes
from .shapeset import CLASSES as CLASSES
from .shapeset import SIDE as SIDE
from .sources import INPUTS as INPUTS
from .sources import SCALINGS as SCALINGS
from .sources import Examples as Examples
from .sources import InputSource as InputSource
from .sources import draw_examples as draw_examples
