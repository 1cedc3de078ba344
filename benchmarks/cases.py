"""The cases of the race: networks, entrants, measures and bars.

A case is one row of `CASES`: the networks, our entrant, its peers, the measure that is compared,
and the bar. `benchmarks.race` runs every row; to add a case, add a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

FEATURES, CLASSES = 1024, 9
"""The numbers of features and classes of `shapeset` inputs: 32 × 32 images of nine classes."""


@dataclass(frozen=True, kw_only=True)
class Networks:
    """Tanh networks without biases, with Glorot's normal or uniform or with orthogonal weights.

    Attributes
    ----------
    law : str
        normal, uniform or orthogonal.
    depth : int
        Number of hidden layers, followed by an output layer of nine units.
    width : int
        Units per hidden layer.
    examples : int
        Number of examples.
    """

    law: str
    depth: int
    width: int
    examples: int

    @property
    def title(self) -> str:
        """Return a short description."""
        shape = f"{self.depth} × {self.width:,}"
        return f"tanh, {shape}, {self.examples} examples, {self.law}"

    @property
    def widths(self) -> list[int]:
        """Return n_0..n_{L+1}."""
        return [FEATURES, *[self.width] * self.depth, CLASSES]

    @property
    def every_weight_gradient(self) -> bool:
        """Return whether peers measure all statistics of weight gradients, not only mean squares.

        If saturation_lab does not draw the weights, it only counts a block of their gradients.
        """
        return self.law == "uniform"

    @property
    def options(self) -> list[str]:
        """Return the command-line options that `benchmarks.program.networks_of` reads."""
        given = {"law": self.law, "depth": self.depth, "width": self.width}
        given["examples"] = self.examples
        return [word for name, value in given.items() for word in (f"--{name}", str(value))]


@dataclass(frozen=True, kw_only=True)
class Run:
    """The measurement of one round of a program.

    Attributes
    ----------
    networks : int
        Number of networks, in all processes together.
    seconds : float
        Their time, after a warm-up that is not counted.
    pilots : float
        Time to find the ranges, if the program does so.
    peak : int
        Peak memory in bytes.
    table : int
        Size of the per-network table in bytes.
    """

    networks: int
    seconds: float
    pilots: float = 0
    peak: int = 0
    table: int = 0


@dataclass(frozen=True, kw_only=True)
class Measure:
    """The number of a run that is compared, its unit, and whether more is better."""

    unit: str
    of: Callable[[Run], float]
    more_is_better: bool = False


RATE = Measure(unit="networks/s", of=lambda run: run.networks / run.seconds, more_is_better=True)
TIME = Measure(unit="ms a network", of=lambda run: 1000 * run.seconds / run.networks)
SECONDS = Measure(unit="s", of=lambda run: run.seconds)
WITH_PILOTS = Measure(unit="s", of=lambda run: run.seconds + run.pilots)
PEAK = Measure(unit="GB", of=lambda run: run.peak / 1e9)
BEYOND_TABLE = Measure(unit="MB", of=lambda run: (run.peak - run.table) / 1e6)


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A program of this folder and the way to run it; all its processes start at once.

    Attributes
    ----------
    label : str
        Its name in the tables.
    program : str
        A module of this folder.
    options : tuple of str
        Its options besides those of the networks.
    networks : int
        Number of networks per round, divided among the processes.
    processes, threads : int
        Number of processes, and of BLAS threads in each.
    once : bool
        Whether one round is enough, as for peak memory.
    """

    label: str
    program: str
    options: tuple[str, ...] = ()
    networks: int = 20
    processes: int = 1
    threads: int = 1
    once: bool = False

    def of(self, networks: int) -> Entrant:
        """Return the same entrant with another number of networks per round."""
        return replace(self, networks=networks)


OURS = Entrant(label="saturation_lab, 2 workers", program="ours", options=("--workers", "2"))
ONE_WORKER = Entrant(label="saturation_lab, 1 worker", program="ours")
SAMPLING = Entrant(label="sampling alone, 1 core", program="ours", options=("--sampling-alone",))
WHOLE = Entrant(label="a fresh process", program="ours", options=("--whole",), once=True)
TORCH_THREADS = Entrant(label="PyTorch, 1 process × 2 threads", program="peer_torch", threads=2)
TORCH_PROCESSES = Entrant(
    label="PyTorch, 2 processes × 1 thread", program="peer_torch", processes=2
)
GRAM = replace(TORCH_PROCESSES, label="PyTorch, 2 × 1, Gram matrices", options=("--gram",))
NUMPY = Entrant(label="NumPy loop, 2 processes", program="peer_numpy", processes=2)
NORMALS = Entrant(label="NumPy's normals alone, 1 core", program="limit")


def torch(networks: int) -> tuple[Entrant, ...]:
    """Return PyTorch with processes and with threads, with a number of networks per round."""
    return (TORCH_THREADS.of(networks), TORCH_PROCESSES.of(networks))


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the race: our measure divided by that of the best peer, compared with a bar.

    Attributes
    ----------
    name : str
        The name for ``--case``.
    networks : Networks
        The networks.
    ours : Entrant
        Our entrant.
    peers : tuple of Entrant
        The entrants to compare with; the better one counts. Without peers, our measure itself is
        compared with the bar.
    beside : tuple of Entrant
        Entrants that are measured in the same rounds and shown, but are not peers.
    measure : Measure
        The measure that is compared.
    bar : float or None
        The bar that the ratio must reach if more is better, and must not exceed otherwise; None
        for a number that is only shown.
    about : str
        An addition to the title of the networks.
    """

    name: str
    networks: Networks
    ours: Entrant
    peers: tuple[Entrant, ...] = ()
    beside: tuple[Entrant, ...] = ()
    measure: Measure = RATE
    bar: float | None
    about: str = ""

    @property
    def title(self) -> str:
        """Return the title of the networks, with the addition."""
        return self.networks.title + (f": {self.about}" if self.about else "")

    @property
    def entrants(self) -> tuple[Entrant, ...]:
        """Return all entrants, ours first."""
        return (self.ours, *self.peers, *self.beside)


def limits(name: str, networks: Networks, *, whole: int, alone: int, normals: int) -> list[Case]:
    """Return two comparisons with the limit; the counts are networks per round of each entrant."""
    peers = (NORMALS.of(normals),)
    rows: Sequence[tuple[str, str, Entrant, float]] = (
        ("sampling", "sampling alone", SAMPLING.of(alone), 1.3),
        ("statistics", "with all statistics", ONE_WORKER.of(whole), 2.2),
    )
    return [
        Case(
            name=f"limit-{name}-{what}",
            networks=networks,
            ours=ours,
            peers=peers,
            measure=TIME,
            bar=bar,
            about=about,
        )
        for what, about, ours, bar in rows
    ]


def memory(*kinds: Networks) -> list[Case]:
    """Return cases that compare the peak memory of 1,000 and of 10 networks, without tables."""
    return [
        Case(
            name=f"memory-{networks.depth}",
            networks=networks,
            ours=replace(WHOLE, label="1,000 networks", networks=1000),
            peers=(replace(WHOLE, label="10 networks", networks=10),),
            measure=BEYOND_TABLE,
            bar=1.1,
            about="memory of 1,000 against 10, without their table",
        )
        for networks in kinds
    ]


WIDE = Networks(law="normal", depth=10, width=4096, examples=32)
NARROW = Networks(law="normal", depth=5, width=1000, examples=10)
MANY = Networks(law="normal", depth=10, width=1000, examples=32)
DEEP = Networks(law="normal", depth=50, width=512, examples=16)
THIN_AND_DEEP = Networks(law="normal", depth=50, width=128, examples=8)
ORTHOGONAL = Networks(law="orthogonal", depth=5, width=2048, examples=16)
MILLION = Networks(law="normal", depth=10, width=1_000_000, examples=16)
DENSE = Networks(law="uniform", depth=5, width=1000, examples=50)

CASES: tuple[Case, ...] = (
    Case(
        name="wide", networks=WIDE, ours=OURS.of(80), peers=torch(8), beside=(GRAM.of(8),), bar=45
    ),
    Case(
        name="narrow",
        networks=NARROW,
        ours=OURS.of(1000),
        peers=(*torch(40), NUMPY.of(40)),
        bar=25,
    ),
    Case(name="deep", networks=DEEP, ours=OURS.of(192), peers=torch(20), bar=8),
    Case(name="orthogonal", networks=ORTHOGONAL, ours=OURS.of(160), peers=torch(8), bar=100),
    Case(
        name="dense",
        networks=DENSE,
        ours=OURS.of(40),
        peers=(*torch(20), NUMPY.of(20)),
        bar=1.3,
    ),
    *limits("narrow", NARROW, whole=400, alone=800, normals=1000),
    *limits("many", MANY, whole=80, alone=160, normals=200),
    *limits("wide", WIDE, whole=24, alone=40, normals=60),
    Case(
        name="workers",
        networks=DEEP,
        ours=OURS.of(2000),
        peers=(ONE_WORKER.of(2000),),
        bar=1.7,
        about="two workers against one",
    ),
    Case(
        name="million-seconds",
        networks=MILLION,
        ours=WHOLE.of(1),
        measure=SECONDS,
        bar=30,
        about="one network",
    ),
    Case(
        name="million-pilots",
        networks=MILLION,
        ours=WHOLE.of(1),
        measure=WITH_PILOTS,
        bar=None,
        about="one network and four pilots",
    ),
    Case(
        name="million-memory",
        networks=MILLION,
        ours=WHOLE.of(1),
        measure=PEAK,
        bar=4,
        about="peak memory",
    ),
    *memory(NARROW, THIN_AND_DEEP),
)


def named(names: Sequence[str]) -> list[Case]:
    """Return the cases with the given names, in the order of the table; all for no names."""
    return [case for case in CASES if not names or case.name in names]
