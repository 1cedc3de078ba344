"""The public names of this room, each with the module that defines it."""

from .lists import alike as alike
from .lists import listed as listed
from .lists import sentences as sentences
from .numbers import DIVIDED as DIVIDED
from .numbers import NO_BREAK as NO_BREAK
from .numbers import change_factor as change_factor
from .numbers import change_text as change_text
from .numbers import estimate_text as estimate_text
from .numbers import factor_text as factor_text
from .numbers import interval_text as interval_text
from .numbers import power_text as power_text
from .numbers import route_text as route_text
from .numbers import share_text as share_text
from .numbers import span_text as span_text
from .numbers import unbroken as unbroken
from .study_words import bias_words as bias_words
from .symbols import PRODUCTS as PRODUCTS
from .symbols import SYMBOLS as SYMBOLS
from .table_numbers import factor_cell as factor_cell
from .table_numbers import half_cell as half_cell
from .table_numbers import number_cell as number_cell
from .table_numbers import range_cell as range_cell
from .verdicts import MARKS as MARKS
from .verdicts import verdicts_counted as verdicts_counted
