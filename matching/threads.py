"""Keeps numeric libraries to one thread per call: a server's own threads are the parallel ones.

With threads of their own FAISS and OpenBLAS wait in spin loops for cores that other requests use; on two
busy cores a match took four times as long. The encoder is left alone: it is called by one thread at a time
and may use all cores.
"""

from __future__ import annotations

import os

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

__all__ = ["ONE_THREAD", "faiss"]

_NAME = "OMP_NUM_THREADS"
_before = os.environ.get(_NAME)
# A number set later holds for the thread that sets it; what FAISS's OpenMP reads when it is loaded holds for all.
os.environ[_NAME] = "1"
import faiss  # noqa: E402

if _before is None:
    del os.environ[_NAME]
else:
    os.environ[_NAME] = _before
faiss.omp_set_num_threads(1)
# The limit lasts as long as this object; numpy is loaded by now, so its OpenBLAS is found.
ONE_THREAD = ThreadpoolController().select(internal_api="openblas").limit(limits=1)
