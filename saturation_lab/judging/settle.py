"""Sequential sampling: plan, draw networks, look after each doubling, stop once all is decided.

Pilot networks, with random numbers of their own, determine how many networks a claim needs. Then
the networks of its studies are drawn, 16 at first and twice as many each time, and each claim is
tested until it is decided. There are at most eight looks, each with an interval of level
1 - 0.05/8 (`inference.looks`). A claim whose number is undefined in a network stays undecided and
is not tested again. If a folder is given, every look is saved, and a run that was stopped or left a
claim undecided can be resumed.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import stdtrit

from saturation_lab.checks import InputError, Words, real, whole
from saturation_lab.claims.claim import Claim
from saturation_lab.files import refuse_unwritable, write_atomically
from saturation_lab.inference.averages import Known
from saturation_lab.inference.digits import count_text
from saturation_lab.inference.looks import FIRST, LOOK_LEVEL, MOST_LOOKS, Look, Looking
from saturation_lab.inference.planning import networks_for
from saturation_lab.inference.verdict import Region
from saturation_lab.judging.finding import Finding, decide, judge
from saturation_lab.judging.forms import experiment_of
from saturation_lab.judging.kinds import needed
from saturation_lab.judging.place import Networks
from saturation_lab.measured import Expected, Tick
from saturation_lab.sampling.result import Result
from saturation_lab.sampling.run import (
    refuse_other_study,
    sample,
    sample_pilots,
    with_ranges,
)
from saturation_lab.statistics.quantities import Only, signals_counted
from saturation_lab.study import SCHEMA, Study

PILOTS = 16
"""The number of pilot networks, from which the spread of a claim's number is estimated."""

_FILE = "settle.toml"


@dataclass(frozen=True, kw_only=True)
class Settled:
    """One claim and how it was settled.

    Attributes
    ----------
    finding : Finding
        The finding of the last look; its interval has the level of one look.
    looks : tuple of Look
        All looks.
    planned : int or None
        The number of networks that the pilots call for; None if their mean is too close to a bound
        of the region, or if the number is undefined in one of them.
    """

    finding: Finding
    looks: tuple[Look, ...]
    planned: int | None

    @property
    def sentence(self) -> str:
        """The finding in one line, with the planned and the used number of networks."""
        planned = "unknown" if self.planned is None else f"{self.planned:,}"
        looks = count_text(len(self.looks), "look")
        used = self.looks[-1].networks
        return f"{self.finding.sentence} (planned {planned}, used {used:,} in {looks})"

    def to_json(self) -> dict[str, Any]:
        """Return the finding and the looks as plain data."""
        return {
            **self.finding.to_json(),
            "level": LOOK_LEVEL,
            "planned": self.planned,
            "used": self.looks[-1].networks,
            "looks": [
                {"networks": look.networks, "verdict": look.decision.verdict.value}
                for look in self.looks
            ],
        }


def settle(
    claims: Sequence[Claim],
    studies: Mapping[str, Study],
    *,
    first: int = FIRST,
    most: int | None = None,
    precision: float | None = None,
    folder: str | Path | None = None,
    expected: Mapping[str, Expected] | None = None,
    workers: int | None = None,
    tick: Tick | None = None,
) -> dict[str, Settled]:
    """Sample networks until every claim is decided or the maximum is reached.

    Parameters
    ----------
    claims : sequence of Claim
        The claims to decide.
    studies : mapping of str to Study
        The studies by the names that the claims use. Their own numbers of networks are ignored.
    first : int
        The number of networks at the first look.
    most : int, optional
        The maximum number of networks, rounded up to the next doubling of ``first``. By default
        it is twice the number that the pilots call for, as they estimate the spread only roughly.
    precision : float, optional
        If given, the first look is postponed until the pilots predict intervals of this
        half-width, on the scale of the deciding number.
    folder : str or Path, optional
        Where the results are saved, in one result folder for each study, and from where they are
        resumed.
    expected : mapping of str to Expected, optional
        Predictions by the names of the studies. They are reported and do not affect the verdicts.
    workers : int, optional
        The number of processes; by default one per core.
    tick : callable, optional
        Called with the number of networks that have just been finished, to show progress.

    Returns
    -------
    dict of str to Settled
        The settled claims by id.

    Raises
    ------
    InputError
        If ``most`` needs more than eight looks, a claim names a missing study, an id is used by two
        claims, or the folder holds other studies or was begun with another ``first``.

    Examples
    --------
    >>> from saturation_lab.claims.library.signal_and_gradient import ANY, KEEPS
    >>> study = Study(
    ...     activation="relu",
    ...     initializer="he_normal",
    ...     widths=(64,) * 3,
    ...     loss=None,
    ...     inputs="gaussian",
    ...     features=64,
    ...     examples=8,
    ... )
    >>> found = settle([KEEPS["K-gradient"]], {ANY: study}, workers=1)["K-gradient"]
    >>> found.finding.verdict, found.looks[-1].networks
    (<Verdict.HOLDS: 'holds'>, 16)
    """
    refuse_twice(claims)
    for claim in claims:
        refuse_missing(claim, studies)
    if folder is not None:
        _refuse_unkeepable(Path(folder), studies)
    sizes = [whole("first", first, low=2) * 2**doubling for doubling in range(MOST_LOOKS)]
    results = _kept(folder, studies, first)
    only = dict[str, Only | None](needed(map(experiment_of, claims), studies))
    if folder is not None:  # what is kept has every quantity
        only = dict.fromkeys(studies)
    ranges = next(iter(results.values())).study.ranges if results else _ranges(studies, only)
    studies = {
        name: replace(study.resolved(), ranges={**ranges, **study.ranges})
        for name, study in studies.items()
    }
    for name, result in results.items():
        refuse_other_study(studies[name], result)
    pilots = {n: sample_pilots(study, PILOTS, only=only[n]) for n, study in studies.items()}
    planned = {claim.id: _planned(claim, pilots) for claim in claims}
    least = max((_precise(claim, pilots, precision, sizes) for claim in claims), default=first)
    last = max(least, _last(sizes, most, planned.values()))
    expected = expected or {}
    cases = {claim.id: _Case(claim, first=least, most=last) for claim in claims}
    for size in sizes[sizes.index(least) : sizes.index(last) + 1]:
        results = {
            name: _extended(
                replace(study, networks=size),
                results.get(name),
                workers=workers,
                tick=tick,
                only=only[name],
            )
            for name, study in studies.items()
        }
        _keep(folder, results, first)
        for case in cases.values():
            case.look({name: result.first(size) for name, result in results.items()})
        if all(case.finished for case in cases.values()):
            break
    return {
        name: Settled(
            finding=case.finding(results, expected),
            looks=case.looking.looks,
            planned=planned[name],
        )
        for name, case in cases.items()
    }


class _Case:
    """A claim that is tested again as more networks become available."""

    def __init__(self, claim: Claim, *, first: int, most: int) -> None:
        self._claim = claim
        self._undefined = False
        self._known = Known()
        self.looking = Looking(
            lambda seen, level: decide(claim, seen.values, self._known, level=level),
            first=first,
            most=most,
        )

    @property
    def finished(self) -> bool:
        """Whether more networks would change nothing; an undefined number stays undefined."""
        return self.looking.stopped or self._undefined

    def look(self, networks: Networks) -> None:
        """Test the claim on the networks so far, all counted from the first."""
        if self.finished:
            return
        experiment = experiment_of(self._claim)
        values, self._known = experiment.values(networks), experiment.known(networks)
        new = np.arange(self.looking.contiguous, len(values))
        self.looking.add(new, values[new], overflowed=~np.isfinite(values[new]))
        self._undefined = not np.isfinite(values).all()

    def finding(self, results: Mapping[str, Result], expected: Mapping[str, Expected]) -> Finding:
        """Return the finding of the last look."""
        size = self.looking.looks[-1].networks
        roles = experiment_of(self._claim).roles
        networks = {role: results[role].first(size).expecting(expected.get(role)) for role in roles}
        return judge(self._claim, networks, level=LOOK_LEVEL)


def _planned(claim: Claim, pilots: Mapping[str, Result]) -> int | None:
    """Estimate from pilots how many networks decide a claim."""
    estimate, spread = _pilot_moments(claim, pilots)
    region = Region(low=claim.low, high=claim.high)
    return networks_for(region, estimate=estimate, spread=spread, level=LOOK_LEVEL)


def _precise(
    claim: Claim, pilots: Mapping[str, Result], precision: float | None, sizes: Sequence[int]
) -> int:
    """Return the first size at which the interval is expected to be narrow enough."""
    if precision is None:
        return sizes[0]
    asked = real("precision", precision, above=0)
    _, spread = _pilot_moments(claim, pilots)

    def half_width(size: int) -> float:
        return float(stdtrit(size - 1, (1 + LOOK_LEVEL) / 2)) * spread / math.sqrt(size)

    # if the spread is undefined, more networks do not help
    fine = [size for size in sizes if not half_width(size) > asked]
    return fine[0] if fine else sizes[-1]


def _pilot_moments(claim: Claim, pilots: Mapping[str, Result]) -> tuple[float, float]:
    values = experiment_of(claim).values(pilots)
    with np.errstate(invalid="ignore"):
        return float(values.mean()), float(values.std(ddof=1))


def _last(sizes: Sequence[int], most: int | None, planned: Iterable[int | None]) -> int:
    """Return the size at the last look: ``most`` rounded up, or twice the largest plan."""
    if most is None:
        asked = [sizes[-1] if count is None else count for count in planned]
        wanted = min(2 * max(asked, default=0), sizes[-1])
    else:
        wanted = whole("most", most, low=2, high=sizes[-1])
    return next(size for size in sizes if size >= wanted)


def _ranges(
    studies: Mapping[str, Study], only: Mapping[str, Only | None]
) -> Mapping[str, tuple[float, float]]:
    """Return ranges that the studies share; none are needed if no histogram is counted."""
    given = any(study.ranges for study in studies.values())
    if given or any(asked is None or signals_counted(asked) for asked in only.values()):
        return with_ranges(*studies.values()).ranges
    return {}


def _extended(
    study: Study,
    start: Result | None,
    *,
    workers: int | None,
    tick: Tick | None,
    only: Only | None,
) -> Result:
    """Return a result with at least as many networks as the study has, sampling those missing."""
    if start is not None and start.study.networks >= study.networks:
        return start
    return sample(study, start=start, workers=workers, tick=tick, only=only)


def refuse_missing(claim: Claim, known: Mapping[str, object]) -> None:
    """Raise `InputError` if a claim names missing networks.

    Parameters
    ----------
    claim : Claim
        The claim.
    known : mapping of str to object
        The available networks or studies by name.

    Raises
    ------
    InputError
        If a name that the claim uses is not a key of ``known``.
    """
    for role in experiment_of(claim).roles:
        if role not in known:
            raise InputError(
                "claims",
                expected=f"a study called {role!r}, which claim {claim.id} needs",
                got=Words(", ".join(known) or "none"),
            )


def refuse_twice(claims: Sequence[Claim]) -> None:
    """Raise `InputError` if an id is used by two claims.

    Parameters
    ----------
    claims : sequence of Claim
        The claims.

    Raises
    ------
    InputError
        If two of them have the same id.
    """
    ids = [claim.id for claim in claims]
    twice = [key for key in ids if ids.count(key) > 1]
    if twice:
        raise InputError("claims", expected="unique ids", got=Words(f"{twice[0]} twice"))


def _refuse_unkeepable(folder: Path, studies: Mapping[str, Study]) -> None:
    """Raise `InputError` if results could not be saved in the folder, before anything is drawn."""
    for name, study in studies.items():
        if name in {"", ".", "..", _FILE} or Path(name).name != name:
            raise InputError("studies", expected="names that are valid as folder names", got=name)
        study.to_toml()  # raises if it cannot be written
    refuse_unwritable(folder)


def _keep(folder: str | Path | None, results: Mapping[str, Result], first: int) -> None:
    if folder is None:
        return
    write_atomically(Path(folder) / _FILE, f"schema = {SCHEMA}\nfirst = {first}\n".encode())
    for name, result in results.items():
        result.save(Path(folder) / name, force=True)


def _kept(folder: str | Path | None, studies: Mapping[str, Study], first: int) -> dict[str, Result]:
    """Load the results from a folder; raise `InputError` if it was not written by `settle`."""
    if folder is None or not Path(folder).exists() or not any(Path(folder).iterdir()):
        return {}
    begun = _first_look(Path(folder) / _FILE)
    if begun != first:
        raise InputError(
            "first",
            expected=f"{begun}, as {folder} was begun with it",
            got=first,
            hint="other looks at the same networks would increase the chance of error",
        )
    there = [name for name in studies if (Path(folder) / name).exists()]
    return {name: Result.load(Path(folder) / name, name=name) for name in there}


def _first_look(path: Path) -> int:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            "folder", expected=f"a new folder or one that has {_FILE}", got=Words(path.parent)
        ) from error
    if data.get("schema") != SCHEMA:
        raise InputError(f"{path}: schema", expected=str(SCHEMA), got=data.get("schema"))
    return whole(f"{path}: first", data.get("first"), low=2)
