"""The solver, set up so that the same problem always gives the same timetable."""

from __future__ import annotations

from ortools.sat.python import cp_model


def new_solver(effort: float) -> cp_model.CpSolver:
    """One thread, a fixed seed, and a limit in the solver's units of work (about a second each), not by the clock."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 7
    # Counting arguments (more meetings than slots) are the usual reason; only the linear relaxation sees them.
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = effort
    return solver
