"""The process's search index: opens it, keeps it current in a thread, tells its state.

What can be asked of it stands in `questions`. How rows become documents is left to `documents` and `drain`, how
an engine follows the table to `replica`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from app.config import Settings
from app.db import Database
from app.indexing import moving, outbox, reconcile, replica, store
from app.indexing.drain import BATCH, Drained, drain_batch
from app.indexing.errors import (
    IndexNotReady,
    IndexRebuilding,
    ModelMissing,
    translated,
)
from app.indexing.opening import (
    check_license,
    chosen_model,
    encoder_factory,
    snapshots_of,
    vector_backend,
)
from app.indexing.questions import Questions
from app.indexing.rankers import FollowedRanker
from app.indexing.status import IndexState, IndexStatus
from app.kit.clock import now
from app.models.indexing import IndexCollection
from matching import (
    Encoder,
    Engine,
    EngineConfig,
    ModelUnavailable,
)
from matching.index.vectors import VectorBackend
from matching.model import is_research_only

POLL_SECONDS = 0.2
SAVE_CHANGES = 20_000
SAVE_SECONDS = 300.0
RETRY_SECONDS = 5.0
COUNT_SECONDS = 2.0
log = logging.getLogger(__name__)

EncoderFactory = Callable[[], Encoder]
StageProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class _Live:
    encoder: Encoder
    engine: Engine


class SearchIndex(Questions):
    """One process's index, safe for many threads: `start` follows the database, `load` serves one command.

    Questions raise `IndexNotReady`, `ModelMissing`, `IndexRebuilding` or `EncoderBusy`, all of them
    `Unavailable`, and never block the rest of the service.
    """

    def __init__(
        self,
        settings: Settings,
        db: Database,
        *,
        models_dir: Path | None = None,
        encoder: EncoderFactory | None = None,
        config: EngineConfig = EngineConfig(),
    ) -> None:
        """`models_dir` holds fetched models (default DATA_DIR/models); `encoder` replaces the setting.

        `config` is the ranking's recipe, another one than the shipped only for comparisons.
        """
        self._settings = settings
        self._db = db
        self._config = config
        self._snapshots = snapshots_of(settings)
        self._open_encoder = encoder or encoder_factory(settings, models_dir)
        self._choice = partial(chosen_model, settings, models_dir)
        self._chosen: str | None = None
        self._coming: tuple[str | None, Encoder] | None = None
        self._backend: VectorBackend | None = None
        self._live: _Live | None = None
        self._ranker = FollowedRanker(db)
        self._unfit = 0
        self._problem = ""
        self._saved_at = 0
        self._saved_time = time.monotonic()
        self._counted_time = 0.0
        self._keeper: threading.Thread | None = None
        self._saver: threading.Thread | None = None
        self._save_problem: Exception | None = None
        self._is_keeping = False
        self._stop = threading.Event()
        # Loading, applying, saving and swapping happen one at a time; questions never wait for them.
        self._work = threading.RLock()

    # --- life ---------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Opens model and engine and applies what the table holds; does nothing when that is done.

        Raises `ResearchLicenseRefused`, `ModelMissing`, and `IndexUnavailable` of a distributed vector store.
        """
        with self._work:
            if self._live is not None:
                return
            check_license(self._settings)
            self._chosen = self._choice()
            try:
                encoder = self._open_encoder()
            except ModelUnavailable as error:
                self._problem = ModelMissing.code
                log.error("embedding model not available", extra={"reason": error.detail})
                raise ModelMissing() from error
            self._backend = self._backend or vector_backend(self._settings)
            engine = replica.open_engine(self._db, encoder, self._snapshots, self._backend, self._config)
            self._saved_at = replica.applied(engine)
            with self._db.read() as session:
                self._unfit = store.count_unfit(session, encoder)
            self._ranker.follow(engine.recipe)
            self._live = _Live(encoder, engine)
            self._problem = ""
            if is_research_only(encoder.model_id):
                log.warning(
                    "the embedding model is licensed for research only", extra={"model": encoder.model_id}
                )

    def start(self, *, drain: bool) -> None:
        """Loads and then follows the database in a thread; with `drain` it also brings the table up to date.

        Raises `ResearchLicenseRefused`; a missing model is waited for.
        """
        check_license(self._settings)
        self._is_keeping = drain
        self._keeper = threading.Thread(target=self._keep, name="search-index", daemon=True)
        self._keeper.start()

    def close(self) -> None:
        """Ends the thread; a process that drains leaves a snapshot behind."""
        self._stop.set()
        if self._keeper is not None:
            self._keeper.join(timeout=30)
            self._keeper = None
        if self._saver is not None:
            self._saver.join()
        live = self._live
        if live is None:
            return
        if self._is_keeping and replica.applied(live.engine) > self._saved_at:
            self.save()
        live.engine.close()
        close_encoder = getattr(live.encoder, "close", None)
        if close_encoder is not None:
            close_encoder()
        self._live = None

    def _keep(self) -> None:
        """Follows the database until told to stop; an error is logged and waited out, never the end of it."""
        while not self._stop.is_set():
            try:
                self.load()
                self._pass()
                self._problem = ""
                pause = POLL_SECONDS
            except ModelMissing:
                pause = RETRY_SECONDS
            except Exception as error:
                self._problem = str(getattr(error, "code", "") or type(error).__name__)
                log.exception("keeping the index current failed and is tried again")
                pause = RETRY_SECONDS
            self._stop.wait(pause)

    def _pass(self) -> None:
        if self._choice() != self._chosen:
            self._move()
            return
        if self._is_keeping and self._unfit:
            self._count_unfit()
            reconcile.note_unfit(self._db, self._require().encoder)
        while not self._stop.is_set():
            drained = self.drain_once() if self._is_keeping else Drained()
            if self._choice() != self._chosen:
                break
            self.catch_up()
            if self._is_keeping:
                self._save_when_due()
            if drained.settled == 0:
                break
        if self._unfit and time.monotonic() - self._counted_time >= COUNT_SECONDS:
            self._counted_time = time.monotonic()
            self._count_unfit()

    def _move(self) -> None:
        """Goes over to the model that was chosen: every text is encoded again, an engine built beside, swapped in.

        Until then questions are answered with the old model, as things stood when the move began. A process that
        does not encode waits for the one that does.
        """
        choice = self._choice()
        if self._coming is None or self._coming[0] != choice:
            self._coming = (choice, self._open_encoder())
        encoder = self._coming[1]
        if self._is_keeping and not moving.encode_all(
            self._db, encoder, is_over=lambda: self._stop.is_set() or self._choice() != choice
        ):
            return
        if moving.lacks_vectors(self._db, encoder):
            self._stop.wait(RETRY_SECONDS)
            return
        with translated():
            engine = replica.build_engine(self._db, encoder, self._backend, config=self._config)
        with self._work:
            replica.catch_up(self._db, encoder, engine)
            before, self._live = self._live, _Live(encoder, engine)
            self._ranker.follow(engine.recipe)
            self._chosen, self._coming = choice, None
        self._count_unfit()
        log.info("the index has moved to another model", extra={"model": encoder.model_id})
        if self._is_keeping:
            self.save()
        if before is not None:
            moving.close_later(before.encoder)

    # --- keeping it current -------------------------------------------------------------------------------

    def drain_once(self, limit: int = BATCH) -> Drained:
        """Brings up to `limit` changed rows into the table of index documents."""
        return drain_batch(self._db, self._require().encoder, limit=limit)

    def catch_up(self) -> int:
        """Applies the table's new changes, and a new version of the ranking; returns how many changes."""
        with self._work:
            live = self._require()
            self._ranker.follow(live.engine.recipe)
            seen = replica.catch_up(self._db, live.encoder, live.engine)
            self._unfit += seen.unfit
            return seen.changes

    def _count_unfit(self) -> None:
        encoder = self._require().encoder
        with self._db.read() as session:
            self._unfit = store.count_unfit(session, encoder)

    def settle(self, progress: Callable[[Drained], None] = lambda total: None) -> Drained:
        """Drains until nothing waits and applies it; for commands and tests. Parked rows stay parked."""
        total = Drained()
        if self._unfit:
            reconcile.note_unfit(self._db, self._require().encoder)
        while not self._stop.is_set():
            drained = self.drain_once()
            if drained.is_idle:
                break
            total += drained
            progress(total)
        self.catch_up()
        if self._unfit:
            self._count_unfit()
        return total

    def wait_until(self, seq: int, timeout: float) -> bool:
        """Waits until this process has applied change `seq`; False when `timeout` seconds pass first."""
        end = time.monotonic() + timeout
        while True:
            live = self._live
            if live is not None and replica.applied(live.engine) >= seq:
                return True
            if time.monotonic() >= end:
                return False
            self._stop.wait(0.02)

    def rebuild(self, progress: StageProgress = lambda stage, done, total: None) -> None:
        """Compares every row with its document, encodes what differs, builds an engine beside, swaps it in.

        Unchanged texts are not encoded again; a snapshot is saved at the end.
        """
        encoder = self._require().encoder
        with translated():
            reconcile.note_differences(
                self._db, encoder, lambda done, total: progress("核对数据", done, total)
            )
            with self._db.read() as session:
                total = outbox.backlog(session).waiting
            self.settle(lambda drained: progress("编码差异", min(drained.settled, total), total))
            engine = replica.build_engine(
                self._db,
                encoder,
                self._backend,
                lambda done, last: progress("重建索引", done, last),
                config=self._config,
            )
        with self._work:
            replica.catch_up(self._db, encoder, engine)
            self._live = _Live(encoder, engine)
        self._count_unfit()
        self.save()

    def save(self) -> bool:
        """Writes a snapshot; False when somebody else was writing one. Changes are applied meanwhile."""
        with self._work:
            live = self._require()
            seq = replica.applied(live.engine)
        is_saved = replica.save(live.engine, self._snapshots)
        self._saved_at, self._saved_time = max(seq, self._saved_at), time.monotonic()
        return is_saved

    def _save_when_due(self) -> None:
        """Saves in a thread of its own: at a million documents it takes longer than a change may wait."""
        if self._saver is not None and self._saver.is_alive():
            return
        problem, self._save_problem = self._save_problem, None
        if problem is not None:
            raise problem
        changed = replica.applied(self._require().engine) - self._saved_at
        if changed >= SAVE_CHANGES or (changed and time.monotonic() - self._saved_time >= SAVE_SECONDS):
            self._saver = threading.Thread(target=self._save_beside, name="index-snapshot")
            self._saver.start()

    def _save_beside(self) -> None:
        try:
            self.save()
        except Exception as problem:
            # The keeper raises it at its next pass, which reports it and tries again.
            self._save_problem = problem

    # --- how it stands ------------------------------------------------------------------------------------

    def status(self) -> IndexStatus:
        """How this process's index stands; asks the database for the backlog."""
        live = self._live
        with self._db.read() as session:
            backlog = outbox.backlog(session)
            last = store.last_seq(session)
        applied = replica.applied(live.engine) if live else 0
        engine = live.engine.status() if live else None
        return IndexStatus(
            state=self._state(),
            problem=self._problem,
            model_id=live.encoder.model_id if live else self._settings.model,
            is_research_only=is_research_only(live.encoder.model_id if live else self._settings.model),
            dimension=live.encoder.dimension if live else 0,
            generation=engine.generation if engine else 0,
            applied=applied,
            documents={part.name: part.count for part in engine.collections} if engine else {},
            vectors={part.name: part.vectors for part in engine.collections} if engine else {},
            lag_rows=backlog.waiting + (max(0, last - applied) if live else 0),
            lag_seconds=_age(backlog.oldest),
            parked=backlog.parked,
        )

    def verify(self) -> list[tuple[reconcile.Difference, reconcile.Difference]]:
        """For each collection: the table against the rows, and this process's engine against the table."""
        live = self._require()
        with self._work, self._db.read() as session:
            return [
                (
                    reconcile.compare_table(session, collection, live.encoder),
                    reconcile.compare_engine(session, collection, live.encoder, live.engine),
                )
                for collection in IndexCollection
            ]

    # --- inside -------------------------------------------------------------------------------------------

    def _state(self) -> IndexState:
        if self._live is None:
            return IndexState.UNAVAILABLE if self._problem else IndexState.LOADING
        return IndexState.REBUILDING if self._unfit else IndexState.READY

    def _require(self) -> _Live:
        if self._live is not None:
            return self._live
        if self._problem == ModelMissing.code:
            raise ModelMissing()
        raise IndexNotReady(headers={"Retry-After": "3"})

    def _answering(self) -> Engine:
        live = self._require()
        if self._unfit:
            raise IndexRebuilding(remaining=self._unfit, headers={"Retry-After": "30"})
        return live.engine


def _age(oldest: datetime | None) -> float:
    return max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0
