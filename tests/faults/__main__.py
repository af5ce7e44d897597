"""Lets parts of the shop fail while people use it, and checks the invariants.

It prints a matrix of faults and invariants, which docs/reliability.md explains. With --mutants it
runs services that lack a guard; the checker must detect each of them.
"""

import argparse
import logging
import os
import sys

from bench import harness
from tests.faults.faults import FAULTS, SHORT_FAULTS
from tests.faults.mutants import MUTANTS, SHORT_MUTANTS
from tests.faults.results import Outcome, Results, heading, render
from tests.faults.run import MutantRun, results_file, run_faults
from tests.faults.shop import ROOT
from tests.faults.targets import check_targets

PAGE = ROOT / "docs" / "reliability.md"


def main() -> None:
    """Run faults or mutants; exit with 1 if an invariant is violated or a mutant undetected."""
    options = _options()
    if options.list:
        print(*FAULTS, *(f"mutant: {name}" for name in MUTANTS), sep="\n")
        return
    if options.render:
        render(Results.read(results_file()).only(FAULTS, MUTANTS), PAGE)
        return
    check_targets()
    # aiokafka logs each failed attempt to reach a broker that is down.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    machine = harness.describe_machine(ROOT)
    print(f"{machine}\n{harness.SETTINGS}; seed {options.seed}\n{heading()}", flush=True)
    faults = options.faults if options.faults is not None else []
    mutants = options.mutants if options.mutants is not None else []
    if options.short:
        faults, mutants = SHORT_FAULTS, SHORT_MUTANTS
    elif options.mutants == []:
        mutants = list(MUTANTS)
    elif not (faults or mutants):
        faults = _possible_faults()
    sys.exit(not _run(faults, mutants, options.seed, machine))


def _possible_faults() -> list[str]:
    """Return all faults but those that this user cannot inject, which it prints."""
    impossible = [name for name, fault in FAULTS.items() if fault.needs_root and os.geteuid()]
    for name in impossible:
        print(f"left out, because it needs root: {name}")
    return [name for name in FAULTS if name not in impossible]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--faults", nargs="+", choices=FAULTS, metavar="NAME")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", nargs="*", choices=MUTANTS, metavar="NAME")
    parser.add_argument("--short", action="store_true", help="run the most telling ones")
    parser.add_argument("--list", action="store_true", help="list the faults and the mutants")
    parser.add_argument("--render", action="store_true", help="write the results into the page")
    return parser.parse_args()


def _run(faults: list[str], mutants: list[str], seed: int, machine: str) -> bool:
    """Run faults and mutants, add the results to the file, and return whether all passed."""
    results = Results.read(results_file())
    results.machine, results.seed = machine, seed
    passed = True

    def report(outcome: Outcome) -> None:
        nonlocal passed
        print(outcome, flush=True)
        passed = passed and not outcome.violated
        results.faults[outcome.fault] = outcome
        results.write(results_file())

    run_faults(faults, seed, report)
    mutant_run = MutantRun(seed)
    for name in mutants:
        results.mutants[name] = mutant_run.run(name)
        results.write(results_file())
        passed = passed and results.mutants[name].passed
    return passed


if __name__ == "__main__":
    main()
