"""The public names of the package, each with the module that defines it."""

__version__: str

from .advice.recommend import recommend as recommend
from .checks import InputError as InputError
from .claims.claim import Claim as Claim
from .claims.claim import ask as ask
from .claims.statement import Statement as Statement
from .judging.evidence import hold as hold
from .measured import Measured as Measured
from .nets.activations import ACTIVATIONS as ACTIVATIONS
from .nets.activations import Activation as Activation
from .nets.initializers import INITIALIZERS as INITIALIZERS
from .nets.initializers import Initializer as Initializer
from .nets.own import own_activation as own_activation
from .nets.own_initializers import own_initializer as own_initializer
from .own_networks import measure as measure
from .pages.own_exhibit import own_exhibit as own_exhibit
from .pages.own_page import page_of as page_of
from .pages.writing import write_page as write_page
from .sampling.grid import Grid as Grid
from .sampling.grid import GridResult as GridResult
from .sampling.grid import sample_grid as sample_grid
from .sampling.result import Result as Result
from .sampling.run import sample as sample
from .sampling.run import trace_network as trace_network
from .statistics.quantities import QUANTITIES as QUANTITIES
from .statistics.quantities import Quantity as Quantity
from .statistics.trace import Trace as Trace
from .statistics.trace import TracedLayer as TracedLayer
from .study import Study as Study
from .theory.correlation_map import fixed_correlation as fixed_correlation
from .theory.criticality import critical_point as critical_point
from .theory.criticality import critical_points as critical_points
from .theory.expectations import gaussian_mean as gaussian_mean
from .theory.gains import gains as gains
from .theory.length_map import fixed_points as fixed_points
from .theory.no_answer import NoAnswer as NoAnswer
from .theory.pairs import pair_mean as pair_mean
from .theory.phase import phase_diagram as phase_diagram
from .theory.propagation import Prediction as Prediction
from .theory.propagation import finite_width as finite_width
from .theory.propagation import predict as predict
