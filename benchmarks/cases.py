"""What is raced, against whom, and how much is enough?

A case is one row of `CASES`: the networks, who measures them here, the peers beside it, what is
compared and the bar. `benchmarks.race` runs every row; a new case is a new row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

FEATURES, CLASSES = 1024, 9
"""What `shapeset` inputs have: every network here is shown 32 × 32 images of nine classes."""


@dataclass(frozen=True, kw_only=True)
class Networks:
    """Tanh networks without biases under Glorot's normal or uniform law, or orthogonal ones.

    Attributes:
        law: normal, uniform or orthogonal.
        depth, width: L hidden layers of so many units; nine outputs stand on top of them.
        examples: B.
    """

    law: str
    depth: int
    width: int
    examples: int

    @property
    def title(self) -> str:
        """Return all of it in a few words."""
        shape = f"{self.depth} × {self.width:,}"
        return f"tanh, {shape}, {self.examples} examples, {self.law}"

    @property
    def widths(self) -> list[int]:
        """Return n_0..n_{L+1}."""
        return [FEATURES, *[self.width] * self.depth, CLASSES]

    @property
    def every_weight_gradient(self) -> bool:
        """Return whether peers measure weight gradients as any other signal, or their mean square.

        Where saturation_lab leaves the weights undrawn, it counts a block of their gradients.
        """
        return self.law == "uniform"

    @property
    def options(self) -> list[str]:
        """Return what `benchmarks.program.networks_and` reads again."""
        given = {"law": self.law, "depth": self.depth, "width": self.width}
        given["examples"] = self.examples
        return [word for name, value in given.items() for word in (f"--{name}", str(value))]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a program found out in one round.

    Attributes:
        networks: how many were measured, by all processes together.
        seconds: how long they took, after a first few that are not counted.
        pilots: how long ranges took to find, where a program finds them.
        peak: the most memory that the process has held, in bytes.
        table: the bytes of its per-network table.
    """

    networks: int
    seconds: float
    pilots: float = 0
    peak: int = 0
    table: int = 0


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What is compared: a number of a run, its unit, and which way is better."""

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
    """A program of this folder and how it is run; all its processes start at once.

    Attributes:
        label: who it is, in the tables.
        program: a module of this folder.
        options: what it is told beside the networks.
        networks: how many it measures in a round, shared out to its processes.
        processes, threads: how many, and BLAS threads of each.
        once: whether one round is enough, as with a peak of memory.
    """

    label: str
    program: str
    options: tuple[str, ...] = ()
    networks: int = 20
    processes: int = 1
    threads: int = 1
    once: bool = False

    def of(self, networks: int) -> Entrant:
        """Return the same, measuring so many networks a round."""
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
    """Return PyTorch in both ways, so many networks a round."""
    return (TORCH_THREADS.of(networks), TORCH_PROCESSES.of(networks))


@dataclass(frozen=True, kw_only=True)
class Case:
    """One line of the race: ours / best peer, or ours where there are no peers, against a bar.

    Attributes:
        name: what ``--case`` takes.
        networks: which networks.
        ours, peers: who is compared; the better peer counts.
        beside: measured in the same rounds and shown, but no peer.
        measure: what is compared.
        bar: what the ratio must reach if more is better, and must not exceed if less is; None for a
            number that is only shown.
        about: what the networks' title does not say.
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
        """Return the networks and what is special."""
        return self.networks.title + (f": {self.about}" if self.about else "")

    @property
    def entrants(self) -> tuple[Entrant, ...]:
        """Return all who run, ours first."""
        return (self.ours, *self.peers, *self.beside)


def limits(name: str, networks: Networks, *, whole: int, alone: int, normals: int) -> list[Case]:
    """Return both cases against the limit, with so many networks a round for each entrant."""
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
    """Return a case for each kind: is the peak of 1,000 that of 10, but for their table?"""
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
    """Return the cases of these names, in the table's order; all where none is named."""
    return [case for case in CASES if not names or case.name in names]
