"""Numeric libraries use one thread per call."""

from __future__ import annotations

import threading

import faiss
from threadpoolctl import threadpool_info

import matching  # noqa: F401 (importing it is what sets the limits)


def test_numpy_and_faiss_use_one_thread() -> None:
    pools = [
        pool
        for pool in threadpool_info()
        if pool["internal_api"] == "openblas" and "numpy" in pool["filepath"]
    ]
    assert all(pool["num_threads"] == 1 for pool in pools)
    assert faiss.omp_get_max_threads() == 1


def test_the_threads_of_a_server_use_one_thread_each() -> None:
    numbers: list[int] = []
    thread = threading.Thread(target=lambda: numbers.append(faiss.omp_get_max_threads()))
    thread.start()
    thread.join()
    assert numbers == [1]
