"""Tables of what bench/run.py wrote: python bench/report.py [--plot] [bench/results/*.json]

--plot also draws each race beside its results: time versus suboptimality, or time versus size.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"
OPTIMA = RESULTS / "optima.json"
TARGET = 1e-6  # relative suboptimality


def human(seconds: float) -> str:
    unit, scale = ("s", 1.0) if seconds >= 0.9995 else ("ms", 1e-3) if seconds >= 0.9995e-3 else ("µs", 1e-6)
    return f"{seconds / scale:.3g} {unit}"


def times(seconds: float, ours: float) -> str:
    """How many times longer than ours."""
    ratio = seconds / ours if max(seconds, ours) < math.inf else math.nan
    return "" if math.isnan(ratio) else f", **{ratio:.{2 if ratio < 0.95 else 1}f}x**"


def table(lines: Sequence[Sequence[str]]) -> str:
    head, *body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([head, "|---" * len(lines[0]) + "|", *body])


# ------------------------------------------------------------------- the race: what the attempts of a solver came to


def suboptimality(attempt: dict, optimum: float) -> float:
    return (attempt["objective"] - optimum) / optimum if "objective" in attempt else math.inf


def nearest(attempts: list[dict], optimum: float) -> float:
    return min(suboptimality(attempt, optimum) for attempt in attempts)


def seconds_of(attempts: list[dict], optimum: float) -> float:
    """Of the last attempt where it got to the target, or was the default, of which nothing is asked; else infinity."""
    last = attempts[-1]
    there = suboptimality(last, optimum) <= TARGET or (last["tol"] is None and "seconds" in last)
    return median(last["seconds"]) if there else math.inf


def told(attempts: list[dict], optimum: float) -> str:
    last, near, seconds = attempts[-1], nearest(attempts, optimum), seconds_of(attempts, optimum)
    reached = f" (reached {near:.0e})" if near < math.inf else ""
    if "error" in last:
        return f"fails{reached}: {last['error']}"
    if "over" in last:
        return f"not in {human(last['over'])}{reached}"
    if seconds == math.inf:
        return f"stops at {near:.0e}"
    return human(seconds) + (f", {near:.0e} above the optimum" if last["tol"] is None else "")


def champion(solvers: dict[str, list[dict]], optimum: float) -> str:
    """The solver that counts: of ours what a user gets unasked, of a peer the fastest, or else the nearest."""
    by_merit = sorted(solvers, key=lambda s: (seconds_of(solvers[s], optimum), nearest(solvers[s], optimum)))
    return "auto" if "auto" in solvers else by_merit[0]


def racers(cases: dict[str, dict]) -> dict[str, str]:
    """Every library of the cases, ours first, and its version."""
    versions = {name: entry["version"] for case in cases.values() for name, entry in case["peers"].items()}
    return dict(sorted(versions.items(), key=lambda item: item[0] != "linclass"))


def race_table(cases: dict[str, dict]) -> str:
    """Every library at its best, and how many times longer than ours that takes."""
    peers = racers(cases)
    lines = [["case", *(f"{peer} {version}" for peer, version in peers.items())]]
    for name, case in cases.items():
        optimum, cells, ours = case["optimum"], [], math.inf
        for peer in peers:
            if peer not in case["peers"]:
                cells.append("-")
                continue
            solvers = case["peers"][peer]["solvers"]
            best = champion(solvers, optimum)
            seconds = seconds_of(solvers[best], optimum)
            ours = seconds if peer == "linclass" else ours
            ratio = "" if peer == "linclass" else times(seconds, ours)
            cells.append(f"{told(solvers[best], optimum)}{ratio} ({best})")
        lines.append([name, *cells])
    return table(lines)


def choice_table(cases: dict[str, dict]) -> str:
    """Our fixed solvers beside "auto", which is to lose at most 1.3 times to the best of them."""
    ours = {name: case["peers"]["linclass"]["solvers"] for name, case in cases.items() if "linclass" in case["peers"]}
    names = list(dict.fromkeys(solver for solvers in ours.values() for solver in solvers))
    lines = [["case", *names, "auto / best fixed"]]
    for name, solvers in ours.items():
        optimum = cases[name]["optimum"]
        auto = seconds_of(solvers["auto"], optimum)
        fixed = min((seconds_of(solvers[s], optimum) for s in solvers if s != "auto"), default=math.inf)
        cells = [told(solvers[s], optimum) if s in solvers else "-" for s in names]
        lines.append([name, *cells, f"{auto / fixed:.2f}" if fixed < math.inf else "-"])
    return table(lines)


def plot_sizes(result: dict, what: str) -> object:
    """Seconds to the target over n, d, K or threads."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(5, 4), layout="constrained")
    for peer in racers(result["cases"]):
        cases = [case for case in result["cases"].values() if peer in case["peers"]]
        solvers = [case["peers"][peer]["solvers"] for case in cases]
        optima = [case["optimum"] for case in cases]
        seconds = [seconds_of(s[champion(s, o)], o) for s, o in zip(solvers, optima, strict=True)]
        axis.loglog([case[what] for case in cases], seconds, "o-", label=peer)
    axis.set(xlabel=what, ylabel=f"seconds to {TARGET:.0e}")
    axis.legend(fontsize="small")
    return figure


def plot_descents(result: dict) -> object:
    """Suboptimality over seconds, a panel a case, a point a fit, a line a solver, a colour a library."""
    import matplotlib.pyplot as plt

    cases = result["cases"]
    wide = min(4, len(cases))
    high = math.ceil(len(cases) / wide)
    figure, axes = plt.subplots(high, wide, figsize=(4 * wide, 3 * high), squeeze=False, layout="constrained")
    for axis, (name, case) in zip(axes.flat, cases.items(), strict=False):
        for colour, peer in enumerate(racers(cases)):
            axis.plot([], [], f"C{colour}", label=peer)
            for attempts in case["peers"].get(peer, {"solvers": {}})["solvers"].values():
                done = [attempt for attempt in attempts if "seconds" in attempt]
                above = [max(suboptimality(attempt, case["optimum"]), 1e-10) for attempt in done]
                axis.loglog([median(attempt["seconds"]) for attempt in done], above, f"C{colour}o-", ms=3, lw=1)
        axis.axhline(TARGET, color="grey", lw=0.5)
        axis.set(title=name, xlabel="seconds", ylabel="relative suboptimality")
    axes[0, 0].legend(fontsize="x-small")
    return figure


# --------------------------------------------------------------------------------------------- the other workloads


def rounds_table(rows: list[dict]) -> str:
    names = list(rows[0]["seconds"])
    lines = [["case", *names]]
    for row in rows:
        cells = []
        for name in names:
            s = row["seconds"][name]
            cell = f"{human(s['median'])} ({human(s['best'])}-{human(s['worst'])})"
            if name == "linclass":
                cell += f", {s['median'] / row['read']:.1f} reads of X" if "read" in row else ""
            else:
                cell += times(s["median"], row["seconds"]["linclass"]["median"])
            cells.append(cell)
        lines.append([row["case"], *cells])
    return table(lines)


def kernels_table(level: str, rows: list[dict]) -> str:
    lines = [["kernel", "type", "layout", "d", "K", "GB/s", "GFLOP/s", "reads of X", "of peak"]]
    exchanges = [f"{1e9 * r['seconds']:.0f}" for r in rows if r["kernel"] == "exchange"]
    for r in rows:
        if r["kernel"] == "exchange":
            continue
        what = [r["kernel"], r["type"], r["layout"], str(r["columns"]), str(r["outputs"])]
        rates = [f"{r['GB/s']:.1f}", f"{r['GFLOP/s']:.1f}"]
        reads, peak = f"{r['reads']:.2f}" if r["reads"] else "", f"{100 * r['peak']:.0f} %" if r["peak"] else ""
        lines.append([*what, *rates, reads, peak])
    exchanged = f", a line exchanged by two threads in {' '.join(exchanges)} ns" if exchanges else ""
    return f"level {level}{exchanged}\n\n{table(lines)}"


def tables(paths: list[Path]) -> str:
    parts, cases = [], {}
    for path in paths:
        result = json.loads(path.read_text())
        if "levels" in result:  # of bench/micro/run.py
            parts += [kernels_table(level, rows) for level, rows in result["levels"].items()]
            continue
        m = result["machine"]
        load = f", load before {m['load_before']:.2f}" if "load_before" in m else ""
        parts.append(f"{result['workload']}: {m['cpu']}, {m['threads']} threads, level {m['level']}{load}")
        parts.append(rounds_table(result["rows"]) if "rows" in result else race_table(result["cases"]))
        cases |= {name: case for name, case in result.get("cases", {}).items() if name != "default"}
    return "\n\n".join([*parts, "linclass by solver", choice_table(cases)] if cases else parts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=sorted({*RESULTS.glob("*.json")} - {OPTIMA}))
    parser.add_argument("--plot", action="store_true")
    arguments = parser.parse_args()
    print(tables(arguments.files))
    for path in arguments.files if arguments.plot else []:
        result = json.loads(path.read_text())
        what = result["workload"].removeprefix("race-scaling-")
        if "cases" in result:
            figure = plot_descents(result) if what == result["workload"] else plot_sizes(result, what)
            figure.savefig(path.with_suffix(".png"), dpi=110)
