"""Runs: training a Markov model chunk by chunk, each chunk one transaction.

The database alone knows how far a run is. A process that takes a run up reads the
plan from the job's configuration and the position from its latest checkpoint, so a
run killed at any moment ends with the counts of one that was left alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from bedplate.checks import check_whole
from bedplate.domains.training.checkpoints import NeuralCheckpoints
from bedplate.domains.training.claims import JobClaims
from bedplate.domains.training.configs import NeuralConfigs
from bedplate.domains.training.corpora import TextCorpora
from bedplate.domains.training.markov import MarkovModels
from bedplate.domains.training.metrics import AccuracyMetrics
from bedplate.domains.training.models import (
    MARKOV_QUEUE,
    MAX_ORDER,
    JobStatus,
    NeuralCheckpoint,
    NeuralConfig,
    TextCorpus,
    TrainingJob,
)
from bedplate.errors import InvalidValueError, NotFoundError
from bedplate.repository import reads

if TYPE_CHECKING:
    from bedplate.domains.training.evaluation import Evaluation

__all__ = ["MarkovRuns", "Piece", "Plan", "RunProgress"]

_SAMPLED_TEXTS = 50
_SAMPLED_CHARACTERS = 5_000
"""The held-out sample: enough for a curve, read in a few milliseconds a chunk."""

_KIND = "markov"


@dataclass(frozen=True)
class Piece:
    """A part of a corpus: characters `start` to `stop`."""

    corpus_id: int
    start: int
    stop: int


@dataclass(frozen=True)
class Plan:
    """What a run will do; kept as the job's configuration.

    Attributes:
        n: The length of an n-gram.
        chunk: The most characters trained in one transaction.
        corpora: For each corpus its id, how many characters are trained from its
            start, and how many after them are held out.
    """

    n: int
    chunk: int
    corpora: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, config: dict[str, Any]) -> Self:
        """Read a plan from a job's configuration."""
        corpora = tuple((c, t, h) for c, t, h in config["corpora"])
        return cls(config["n"], config["chunk"], corpora)

    def as_config(self) -> dict[str, Any]:
        """Return the plan as a configuration."""
        return {"kind": _KIND, **asdict(self)}

    @property
    def characters(self) -> int:
        """How many characters are trained in all."""
        return sum(trained for _, trained, _ in self.corpora)

    def chunks(self) -> Iterator[tuple[Piece, ...]]:
        """Yield the pieces of each chunk, always cut at the same places."""
        pieces: list[Piece] = []
        room = self.chunk
        for corpus_id, trained, _ in self.corpora:
            start = 0
            while start < trained:
                stop = min(start + room, trained)
                pieces.append(Piece(corpus_id, start, stop))
                room -= stop - start
                start = stop
                if not room:
                    yield tuple(pieces)
                    pieces, room = [], self.chunk
        if pieces:
            yield tuple(pieces)

    def sample(self) -> Iterator[Piece]:
        """Yield the held-out pieces that are measured, spread over the corpora."""
        held = [corpus for corpus in self.corpora if corpus[2]]
        step = max(1, len(held) // _SAMPLED_TEXTS)
        some = held[::step][:_SAMPLED_TEXTS]
        for corpus_id, trained, size in some:
            length = min(size, max(1, _SAMPLED_CHARACTERS // len(some)))
            yield Piece(corpus_id, trained, trained + length)


@dataclass(frozen=True)
class RunProgress:
    """Where a run stands after a chunk.

    Attributes:
        job_id: The job.
        chunk: How many chunks are done.
        characters: How many characters are done.
        total: How many there are.
        bits_per_character: Cross-entropy of the held-out sample, None without one.
        accuracy: How often the likeliest next character was right there.
        done: Whether that was the last chunk.
    """

    job_id: str
    chunk: int
    characters: int
    total: int
    bits_per_character: float | None
    accuracy: float | None
    done: bool


class MarkovRuns(
    MarkovModels,
    TextCorpora,
    NeuralConfigs,
    JobClaims,
    NeuralCheckpoints,
    AccuracyMetrics,
):
    """Training as a job that can be killed and taken up again."""

    def start_markov_run(
        self,
        n: int,
        corpus_ids: Iterable[int] | None = None,
        chunk: int = 1_000_000,
        holdout: float = 0.05,
        fresh: bool = False,
    ) -> TrainingJob:
        """Plan a run and create its job.

        Args:
            n: The length of an n-gram.
            corpus_ids: What to train on, None for all corpora.
            chunk: How many characters to train in one transaction.
            holdout: The share of each corpus, from its end, kept for measuring.
            fresh: Whether to clear the model first; else the counts are added to it.

        Raises:
            NotFoundError: There is no such corpus, or none at all.
            InvalidValueError: An argument is out of range.
        """
        check_whole(n, "n", 1, MAX_ORDER)
        check_whole(chunk, "chunk", 1, sys.maxsize)
        _check_share(holdout, "holdout")
        sizes = self._sizes(corpus_ids)
        held = {key: int(size * holdout) for key, size in sizes}
        plan = Plan(n, chunk, tuple((k, s - held[k], held[k]) for k, s in sizes))
        if fresh:
            self.clear_markov_model(n)
        job = self.create_training_job(
            text_corpus_id=sizes[0][0] if len(sizes) == 1 else None,
            queue=MARKOV_QUEUE,
        )
        config = self.create_neural_config(f"markov {job.job_id}", plan.as_config())
        job.neural_config_id = config.id
        self.session.flush()
        return job

    def train_markov_chunk(self, job_id: str) -> RunProgress:
        """Train the next chunk of a run: counts, progress, checkpoint and metrics.

        All of it is one transaction. Of two processes on the same run one waits for
        the other; neither does a chunk twice. A run that is completed is left alone.

        Raises:
            NotFoundError: There is no such run, or one of its corpora is gone.
        """
        job = self._locked(job_id)
        plan = self._plan(job)
        latest = self.get_latest_checkpoint(job.id)
        if latest is not None and job.status == JobStatus.COMPLETED:
            return _completed(job_id, plan, latest)
        self.update_training_job(job_id, JobStatus.RUNNING)
        chunks = list(plan.chunks())
        place = latest.epochs if latest else 0
        if place < len(chunks):
            self._train(plan, chunks[place])
            place += 1
        done = sum(p.stop - p.start for pieces in chunks[:place] for p in pieces)
        measured = self._measure(plan)
        self._note(job, plan, place, done, measured)
        finished = place >= len(chunks)
        if finished:
            self.calculate_markov_probabilities(plan.n)
        self.update_training_job(
            job_id,
            JobStatus.COMPLETED if finished else None,
            progress=100.0 * done / max(plan.characters, 1),
            message=f"{done:,} of {plan.characters:,} characters",
        )
        return RunProgress(
            job_id=job_id,
            chunk=place,
            characters=done,
            total=plan.characters,
            bits_per_character=measured.bits_per_character if measured else None,
            accuracy=measured.accuracy if measured else None,
            done=finished,
        )

    @reads
    def get_markov_plan(self, job_id: str) -> Plan:
        """Return what a run will do.

        Raises:
            NotFoundError: There is no such run.
        """
        job = self.get_training_job(job_id)
        if job is None:
            raise NotFoundError(f"there is no training job {job_id!r}")
        return self._plan(job)

    @reads
    def get_unfinished_run(self) -> TrainingJob | None:
        """Return the newest run that has not completed."""
        statement = (
            sa.select(TrainingJob)
            .join(NeuralConfig, TrainingJob.neural_config_id == NeuralConfig.id)
            .where(
                TrainingJob.status != JobStatus.COMPLETED.value,
                NeuralConfig.name == "markov " + TrainingJob.job_id,
            )
        )
        return self._first(statement.order_by(TrainingJob.id.desc()))

    def _sizes(self, corpus_ids: Iterable[int] | None) -> Sequence[tuple[int, int]]:
        columns = sa.select(TextCorpus.id, TextCorpus.char_count)
        if corpus_ids is None:
            rows = self.session.execute(columns.order_by(TextCorpus.id)).all()
            if not rows:
                raise NotFoundError("there is no corpus to train on: add one first")
            return [(row[0], row[1]) for row in rows]
        wanted = list(dict.fromkeys(corpus_ids))
        found = {
            row[0]: row[1]
            for row in self.session.execute(columns.where(TextCorpus.id.in_(wanted)))
        }
        missing = [key for key in wanted if key not in found]
        if missing or not wanted:
            raise NotFoundError(f"there is no corpus {', '.join(map(str, missing))}")
        return [(key, found[key]) for key in wanted]

    def _locked(self, job_id: str) -> TrainingJob:
        statement = sa.select(TrainingJob).where(TrainingJob.job_id == job_id)
        job = self._first(statement.with_for_update())
        if job is None:
            raise NotFoundError(f"there is no training job {job_id!r}")
        return job

    def _plan(self, job: TrainingJob) -> Plan:
        config = None
        if job.neural_config_id is not None:
            config = self.get_neural_config(job.neural_config_id)
        if config is None or config.config.get("kind") != _KIND:
            raise NotFoundError(f"job {job.job_id} is not a Markov training run")
        return Plan.of(config.config)

    def _train(self, plan: Plan, pieces: Sequence[Piece]) -> None:
        from bedplate.domains.training.counting import count_ngrams, merge_counts

        before = plan.n - 1
        counted = []
        for piece in pieces:
            start = max(0, piece.start - before)
            text = self._text(Piece(piece.corpus_id, start, piece.stop))
            skip = piece.start - start
            counted.append(count_ngrams(text[skip:], plan.n, previous=text[:skip]))
        self.merge_markov_ngrams(plan.n, merge_counts(plan.n, counted))

    def _measure(self, plan: Plan) -> Evaluation | None:
        from bedplate.domains.training.evaluation import contexts_of, evaluate

        texts = [self._text(piece) for piece in plan.sample()]
        contexts = contexts_of(texts, plan.n)
        if not contexts:
            return None
        model = self.get_markov_counts(plan.n, contexts)
        return evaluate(texts, plan.n, model, alphabet_size=_alphabet(texts, model))

    def _text(self, piece: Piece) -> str:
        length = piece.stop - piece.start
        text = self.get_corpus_slice(piece.corpus_id, piece.start, length)
        if len(text) != length:
            raise NotFoundError(f"corpus {piece.corpus_id} has changed since the start")
        return text

    def _note(
        self,
        job: TrainingJob,
        plan: Plan,
        place: int,
        done: int,
        measured: Evaluation | None,
    ) -> None:
        loss = measured.bits_per_character if measured else None
        best = self.get_best_checkpoint(job.id)
        improved = best is None or (
            loss is not None and best.loss is not None and loss < best.loss
        )
        checkpoint = self.create_checkpoint(
            epochs=place,
            block_size=plan.n,
            path=f"markov_ngrams?n={plan.n}",
            loss=loss,
            accuracy=measured.accuracy if measured else None,
            notes=f"{done:,} of {plan.characters:,} characters",
            training_job_id=job.id,
            is_best=improved,
        )
        if measured is None:
            return
        values = {
            "bits_per_character": measured.bits_per_character,
            "next_char_accuracy": measured.accuracy,
        }
        self.record_metrics(
            {
                "metric_type": name,
                "value": value,
                "step": done,
                "checkpoint_id": checkpoint.id,
                "training_job_id": job.id,
            }
            for name, value in values.items()
        )


def _check_share(value: Any, name: str) -> None:
    if not isinstance(value, Real) or not 0 <= float(value) < 1:
        raise InvalidValueError(f"{value!r} is not a number from 0 to under 1", name)


def _completed(job_id: str, plan: Plan, last: NeuralCheckpoint) -> RunProgress:
    return RunProgress(
        job_id=job_id,
        chunk=last.epochs,
        characters=plan.characters,
        total=plan.characters,
        bits_per_character=last.loss,
        accuracy=last.accuracy,
        done=True,
    )


def _alphabet(texts: Sequence[str], model: Mapping[str, Mapping[str, int]]) -> int:
    """Return how many characters may come next: a byte's worth, or all that did."""
    seen = set().union(*texts, *model.values())
    return max(256, len(seen))
