"""Evidence for statements, from given networks or from networks sampled until all are settled.

To settle statements, their claims are grouped by the studies that they share. Each group is sampled
once, in a separate process, until its claims are settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from joblib import Parallel, delayed

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.statement import Statement
from saturation_lab.inference.digits import plain, plain_numbers
from saturation_lab.inference.verdict import Judgement, Verdict
from saturation_lab.judging.finding import Finding, judge
from saturation_lab.judging.forms import experiment_of
from saturation_lab.judging.judgement import condition_of, judgement_of, recorded_judgement
from saturation_lab.judging.kinds import needed
from saturation_lab.judging.settle import Settled, refuse_missing, refuse_twice, settle
from saturation_lab.measured import Measured, Origin
from saturation_lab.sampling.run import checked_workers
from saturation_lab.study import Study
from saturation_lab.theory.propagation import predict

EXACTLY = "exact, up to rounding"
"""The words for a number that is rounding and nothing else."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A statement and the findings for its parts.

    Attributes
    ----------
    statement : Statement
        The statement.
    findings : tuple of Finding
        One for each part, the deciding one first; empty for an attribution.
    origins : mapping of str to Origin
        Where the networks come from, by the names that the parts use.
    settled : mapping of str to Settled
        How each part was settled, by the part's id; empty if the networks were given.
    """

    statement: Statement
    findings: tuple[Finding, ...]
    origins: Mapping[str, Origin]
    settled: Mapping[str, Settled] = field(default_factory=dict)

    @property
    def verdict(self) -> Judgement | None:
        """The verdict on the statement; None for an attribution."""
        return judgement_of(self.statement, {f.claim.id: f.verdict for f in self.findings})

    @property
    def suffices(self) -> bool | None:
        """Whether following the advice suffices; None if this is not advice, or is undecided."""
        if self.verdict is not Judgement.ADVICE:
            return None
        return self.findings[0].verdict is Verdict.HOLDS

    @property
    def line(self) -> str:
        """The verdict in a line, with the numbers that decide it; "" for an attribution."""
        if not self.findings:
            return ""
        first, stated = self.findings[0], self.statement
        match self.verdict:
            case Judgement.NEEDS:
                return f"needs {stated.needs}: {_compared(self._conditional, first)}"
            case Judgement.NOTATION:
                return f"notation: {stated.notation}"
            case Judgement.ADVICE if self.suffices:
                return f"advice, suffices: {self._measured(first)}"
            case Judgement.ADVICE:
                return f"advice, incomplete: {stated.should or self._measured(first)}"
            case _:
                return f"{self.verdict}: {self._measured(first)}"

    @property
    def deciding(self) -> tuple[Finding, ...]:
        """The findings on which the verdict rests: the first one, and that under the condition."""
        if self.verdict in (Judgement.NEEDS, Judgement.NOTATION):
            return (self._conditional, self.findings[0])
        return self.findings[:1]

    @property
    def as_expected(self) -> bool:
        """Whether the verdict, and that of each part, is the one on record."""
        return not self.unexpected and self.verdict == recorded_judgement(self.statement)

    @property
    def _conditional(self) -> Finding:
        """The first finding under the assumption that is needed, or in the repaired notation."""
        (part, *_) = self.statement.parts_called(condition_of(self.statement))
        return next(finding for finding in self.findings if finding.claim.id == part.id)

    def _measured(self, finding: Finding) -> str:
        if finding.exact:
            return EXACTLY
        unit = finding.claim.unit
        is_ = f"{unit.says} = {finding.number}" if unit else finding.number
        return f"{is_}; required: {finding.asked}"

    @property
    def unexpected(self) -> tuple[Finding, ...]:
        """The parts whose verdict differs from the expected one."""
        return tuple(f for f in self.findings if f.verdict.value != f.claim.expected)

    def words(self, finding: Finding) -> str:
        """Describe the number that decides a part.

        Parameters
        ----------
        finding : Finding
            The finding for the part.

        Returns
        -------
        str
            A short description, without the value.
        """
        unit = finding.claim.unit
        return unit.says if unit else finding.experiment.words(self.origins)

    def to_json(self) -> dict[str, Any]:
        """Return the evidence as plain data; undefined numbers are None.

        ``number`` describes ``estimate``, and ``studies`` names the studies that it comes from.
        """
        stated = self.statement
        top = self._part(self.findings[0]) if self.findings else {"verdict": None}
        return {
            "id": stated.id,
            "kind": stated.kind,
            "source": stated.source,
            "statement": stated.sentence,
            "precise": stated.precise,
            "assumes": stated.assumes or None,
            "formula": stated.formula or None,
            **{key: value for key, value in top.items() if key not in ("id", "says")},
            "verdict": self.verdict,
            "expected": recorded_judgement(stated),
            **({} if self.suffices is None else {"suffices": self.suffices}),
            "needs": stated.needs or None,
            "notation": stated.notation or None,
            "should": stated.should or None,
            "idea": stated.idea or None,
            "line": self.line or None,
            "as_expected": self.as_expected,
            "parts": [self._part(finding) for finding in self.findings],
        }

    def _part(self, finding: Finding) -> dict[str, Any]:
        number, answer = finding.in_unit, finding.answer
        unit = finding.claim.unit
        settled = self.settled.get(finding.claim.id)
        return {
            "id": finding.claim.id,
            "tested": finding.claim.sentence,
            "says": finding.claim.precise,
            "number": self.words(finding),
            "studies": list(finding.experiment.roles),
            "verdict": finding.verdict.value,
            "expected": finding.claim.expected,
            **plain_numbers(number.numbers),
            "level": number.level,
            "scale": "ratio" if finding.experiment.logarithmic and unit is None else "value",
            "region": finding.region_in_unit.to_json(),
            "margin": plain(answer.margin),
            "smallest_margin": plain(answer.smallest_margin),
            "predicted": plain(finding.theory),
            "networks": number.networks,
            "planned": None if settled is None else settled.planned,
            "networks_to_decide": answer.networks_to_decide,
            "reason": answer.reason or None,
            "sentence": finding.sentence,
        }


def _compared(*findings: Finding) -> str:
    """Return the numbers of some parts, such as "Std z = 4.02 (layer 1), 2.43 (layer 5)"."""
    said, before = [], None
    for one in findings:
        unit = one.claim.unit
        start = f"{unit.says} = " if unit and (before is None or unit.says != before.says) else ""
        said.append(f"{start}{one.brief} ({one.claim.case or one.claim.sentence})")
        before = unit
    return ", ".join(said)


def hold(statements: Sequence[Statement], networks: Mapping[str, Measured]) -> tuple[Evidence, ...]:
    """Judge statements on given networks.

    Parameters
    ----------
    statements : sequence of Statement
        The statements; their parts refer to networks by name.
    networks : mapping of str to Measured
        The networks by these names.

    Returns
    -------
    tuple of Evidence
        One for each statement, in the same order.

    Raises
    ------
    InputError
        If a part refers to missing networks, or to networks that cannot provide its number.
    """
    origins = {name: found.origin for name, found in networks.items()}
    for statement in statements:
        refuse_unfit(statement, origins)
    return tuple(
        Evidence(
            statement=statement,
            findings=tuple(judge(part, networks) for part in statement.parts),
            origins={name: origins[name] for name in _roles_of(statement)},
        )
        for statement in statements
    )


def refuse_unfit(statement: Statement, origins: Mapping[str, Origin]) -> None:
    """Raise `InputError` if networks of these origins cannot decide a statement.

    Parameters
    ----------
    statement : Statement
        The statement.
    origins : mapping of str to Origin
        Where the networks come from, by the names that its parts use.

    Raises
    ------
    InputError
        If a part refers to missing networks, or to networks that cannot provide its number.
    """
    for part in statement.parts:
        refuse_missing(part, origins)
        experiment_of(part).refuse_unfit(origins)


def _roles_of(statement: Statement) -> tuple[str, ...]:
    """Return the names of the networks that a statement's parts need."""
    names = (role for part in statement.parts for role in experiment_of(part).roles)
    return tuple(dict.fromkeys(names))


def examine(
    statements: Sequence[Statement],
    studies: Mapping[str, Study],
    *,
    precision: float | None = None,
    workers: int | None = None,
    done: Callable[[int], object] = lambda count: None,
) -> list[Evidence]:
    """Sample networks until all statements are settled.

    Parameters
    ----------
    statements : sequence of Statement
        The statements.
    studies : mapping of str to Study
        The studies by the names that the claims use; studies that no claim names are not sampled.
    precision : float, optional
        The half-width that the intervals should reach; see `settle`.
    workers : int, optional
        The number of processes; by default one per core.
    done : callable
        Called with the number of claims that have just been settled, to show progress.

    Returns
    -------
    list of Evidence
        One for each statement, in the same order.

    Raises
    ------
    InputError
        If a claim names a missing study, or an id is used by two claims.

    Examples
    --------
    >>> from saturation_lab.claims import STATEMENTS
    >>> stated = [one for one in STATEMENTS if one.id == "R2"]  # it needs no network
    >>> [one.verdict.value for one in examine(stated, {}, workers=1)]
    ['holds']
    """
    claims = [claim for statement in statements for claim in statement.parts]
    refuse_twice(claims)
    sampled = [claim for claim in claims if experiment_of(claim).roles]
    lots = list(lots_of(sampled, studies))
    findings = {claim.id: judge(claim, {}) for claim in claims if claim not in sampled}
    done(len(findings))
    parallel = Parallel(n_jobs=checked_workers(workers), return_as="generator_unordered")
    settled: dict[str, Settled] = {}
    for found in parallel(delayed(_settled)(lot, chosen, precision) for lot, chosen in lots):
        settled.update(found)
        done(len(found))
    findings |= {key: one.finding for key, one in settled.items()}
    return [
        Evidence(
            statement=statement,
            findings=tuple(findings[claim.id] for claim in statement.parts),
            settled={c.id: settled[c.id] for c in statement.parts if c.id in settled},
            origins={role: studies[role] for role in _roles_of(statement)},
        )
        for statement in statements
    ]


def _settled(
    claims: Sequence[Claim], studies: Mapping[str, Study], precision: float | None
) -> dict[str, Settled]:
    only = needed(map(experiment_of, claims), studies)
    expected = {name: predict(study, only=only[name]) for name, study in studies.items()}
    return settle(claims, studies, precision=precision, expected=expected, workers=1)


def lots_of(
    claims: Sequence[Claim], studies: Mapping[str, Study]
) -> Iterator[tuple[list[Claim], dict[str, Study]]]:
    """Group claims that share studies, directly or through other claims.

    Parameters
    ----------
    claims : sequence of Claim
        The claims.
    studies : mapping of str to Study
        The studies by the names that the claims use.

    Yields
    ------
    claims : list of Claim
        The claims of one group.
    studies : dict of str to Study
        The studies that they need; no study belongs to two groups.

    Raises
    ------
    InputError
        If a claim names a missing study.
    """
    lots: list[tuple[list[Claim], set[str]]] = []
    for claim in claims:
        refuse_missing(claim, studies)
        together, names = [claim], set(experiment_of(claim).roles)
        apart = []
        for others, known in lots:
            if known & names:
                together, names = others + together, names | known
            else:
                apart.append((others, known))
        lots = [*apart, (together, names)]
    for lot, names in lots:
        yield lot, {name: studies[name] for name in studies if name in names}
