"""Tables of what bench/run.py wrote: python bench/report.py [bench/results/*.json]"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def kernels(level: str, rows: list[dict[str, Any]]) -> str:
    lines = [
        f"level {level}",
        "",
        "| kernel | type | layout | d | K | GB/s | GFLOP/s | reads of X | of peak |",
        "|---|---|---|" + "--:|" * 6,
    ]
    for r in rows:
        cells = [
            r["kernel"],
            r["type"],
            r["layout"],
            r["columns"],
            r["outputs"],
            f"{r['GB/s']:.1f}",
            f"{r['GFLOP/s']:.1f}",
        ]
        cells += [
            f"{r['reads']:.2f}" if r["reads"] else "",
            f"{100 * r['peak']:.0f} %" if r["peak"] else "",
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def table(path: Path) -> str:
    result = json.loads(path.read_text())
    if "levels" in result:  # of bench/micro/run.py
        return "\n\n".join(kernels(level, rows) for level, rows in result["levels"].items())
    m = result["machine"]
    where = f"{m['cpu']}, {m['threads']} threads, level {m['level']}, load before {m['load_before']:.2f}"
    lines = [
        f"{result['workload']}: {where}",
        "",
        "| case | " + " | ".join(result["rows"][0]["seconds"]) + " |",
        "|---|" + "---|" * len(result["rows"][0]["seconds"]),
    ]
    for row in result["rows"]:
        ours = row["seconds"]["linclass"]["median"]
        cells = []
        for name, s in row["seconds"].items():
            text = f"{1e3 * s['median']:.1f} ms ({1e3 * s['best']:.1f}-{1e3 * s['worst']:.1f})"
            if name == "linclass":
                text += f", {s['median'] / row['read']:.1f} reads of X" if "read" in row else ""
            else:
                text += f", **{s['median'] / ours:.1f}x**"
            cells.append(text)
        lines.append(f"| {row['case']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    for path in [Path(p) for p in sys.argv[1:]] or sorted((Path(__file__).parent / "results").glob("*.json")):
        print(table(path), end="\n\n")
