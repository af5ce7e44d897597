"""Draws throughput and latency against the offered load, from the newest run of `bench.saturation`.

It needs matplotlib, which `make bench PLOTS=1` installs beside the other dependencies.
"""

import json
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

RESULTS = Path(".local/bench-results")
PICTURE = RESULTS / "saturation.svg"


def main() -> None:
    """Draw the plots."""
    newest = max(RESULTS.glob("saturation-*.json"))
    result = json.loads(newest.read_text(encoding="utf-8"))
    points = result["figures"]
    offered = [point["offered"] for point in points]
    # The same picture for the same result.
    mpl.rcParams["svg.hashsalt"] = "kiosk"
    figure, (throughput, latency) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    throughput.plot(offered, [point["settled"] for point in points], marker="o", label="settled")
    throughput.plot(offered, offered, linestyle=":", color="grey", label="offered")
    throughput.set(xlabel="orders offered a second", ylabel="orders a second", ylim=(0, None))
    for name in ("p50", "p99"):
        latency.plot(offered, [point[name] for point in points], marker="o", label=name)
    latency.set(xlabel="orders offered a second", ylabel="POST to ACCEPTED, ms", yscale="log")
    for axes in (throughput, latency):
        axes.legend()
        axes.grid(alpha=0.3)
    figure.suptitle(f"{result['machine'].split(', load')[0]}, commit {result['commit']}", size=9)
    figure.savefig(PICTURE, metadata={"Date": None})
    print(f"drawn in {PICTURE}")


if __name__ == "__main__":
    main()
