"""Evidence for statements: judged on given networks, or on as many networks as it takes.

To settle them, the claims of all statements are sorted by the studies that they need; each lot of
studies is drawn once, in a process of its own, until its claims are settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from joblib import Parallel, delayed

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.statement import Statement
from saturation_lab.inference.digits import plain, plain_numbers
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding, judge
from saturation_lab.judging.forms import experiment_of
from saturation_lab.judging.kinds import needed
from saturation_lab.judging.settle import Settled, refuse_missing, refuse_twice, settle
from saturation_lab.measured import Measured, Origin
from saturation_lab.sampling.run import checked_workers
from saturation_lab.study import Study
from saturation_lab.theory.propagation import predict


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A statement and what was found for each of its parts; an attribution has none.

    Attributes
    ----------
    statement
        The statement.
    findings
        One a part, the deciding one first.
    origins
        Whose networks decide, by the names in the parts.
    settled
        How each part was settled, by its id, where as many networks were drawn as that took.
    """

    statement: Statement
    findings: tuple[Finding, ...]
    origins: Mapping[str, Origin]
    settled: Mapping[str, Settled] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict | None:
        """Return the verdict of the deciding part."""
        return self.findings[0].verdict if self.findings else None

    @property
    def unexpected(self) -> tuple[Finding, ...]:
        """Return the parts whose verdict is not the one on record."""
        return tuple(f for f in self.findings if f.verdict.value != f.claim.expected)

    def words(self, finding: Finding) -> str:
        """Return what the number of a part is."""
        return finding.experiment.words(self.origins)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data; undefined numbers are None.

        ``number`` says what ``estimate`` is, ``studies`` names the studies that it is of.
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
            "as_expected": not self.unexpected,
            "parts": [self._part(finding) for finding in self.findings],
        }

    def _part(self, finding: Finding) -> dict[str, Any]:
        number, answer = finding.decided, finding.answer
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
            "scale": "ratio" if finding.experiment.logarithmic else "value",
            "region": finding.region.to_json(),
            "margin": plain(answer.margin),
            "smallest_margin": plain(answer.smallest_margin),
            "predicted": plain(finding.expected),
            "networks": number.networks,
            "planned": None if settled is None else settled.planned,
            "networks_to_decide": answer.networks_to_decide,
            "sentence": finding.sentence,
        }


def hold(statements: Sequence[Statement], networks: Mapping[str, Measured]) -> tuple[Evidence, ...]:
    """Return what given networks say of statements, in their order.

    Parameters
    ----------
    statements
        What is stated; their parts name the networks.
    networks
        By these names.

    Raises
    ------
    InputError
        If a part names networks that are not there, or that cannot show its number.
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
    """Raise `InputError` where networks of these origins cannot decide a statement."""
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
    """Draw as many networks as settle the statements; return the evidence in their order.

    Parameters
    ----------
    statements
        What is stated.
    studies
        By the names that the claims use; those that no claim names are not drawn.
    precision
        As in `settle`.
    workers
        Processes; None: one a core.
    done
        Called with the number of claims settled, as they are.

    Raises
    ------
    InputError
        If a claim names a study that is not there, or two claims have one id.
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
    """Yield claims that share studies, with these; no study is in two lots."""
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
