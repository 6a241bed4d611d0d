"""Print what scale.py measured as a table, and draw it: docs/images/scale.png.

A bound is what one core could do at most in a second if a stage did nothing else; it is held against the
tokens in a second of the processor, which other programs at work disturb less than the clock. For each token,
a stage

- numbers a word: one access to a hash table (tokenize);
- adds to a cell of a row of counts for each word near it (count);
- trains: multiply-adds with the samples that a block shares, forward and for two gradients, and with the
  words near it; or rows of the two tables, read once each for a token, its context and a sample, and changed
  with their sums of squares.
"""

import json
from pathlib import Path

from matplotlib.ticker import EngFormatter, LogLocator

from lexloom.report.figures import COLOURS, MARKERS, drawing

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results/scale.json"
FIGURE = ROOT / "docs/images/scale.png"
ROWS_A_TOKEN = 9  # three read; three changed, each with its sums of squares


def report() -> None:
    """Print the table and draw the figure."""
    records = json.loads(RESULTS.read_text(encoding="utf-8"))
    print("\n".join(table(records)))
    draw(records)


def bounds(record: dict) -> dict[str, float]:
    """Return the tokens each second that each part of the machine would allow a stage, by its name."""
    limits, settings, stage = record["limits"], record["settings"], record["stage"]
    cells, rows = (limits[f"{kind}_{record['types']}"] for kind in ("cells", "rows"))
    if stage == "tokenize":
        return {"random access": cells}
    if stage == "count":
        return {"random access": cells / (2 * settings["window"])}
    if stage not in ("CBOW", "skip-gram"):
        return {}
    near = settings["window"] + 1 if settings["dynamic"] else 2 * settings["window"]  # on average
    with_words = 3 + 2 * near if stage == "CBOW" else 3 * near
    multiply_adds = (3 * settings["samples"] + with_words) * settings["dimension"]
    return {"arithmetic": limits["multiply_adds"] / multiply_adds, "random access": rows / ROWS_A_TOKEN}


def table(records: list[dict]) -> list[str]:
    """Return the lines of the table, in Markdown."""
    lines = [
        "| stage | tokens | types | seconds | tokens/s | of a core | bound of a core | share | peak MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for record in records:
        tokens = record["tokens"]
        rate = tokens / record["processor_seconds"]
        bound = min(((value, name) for name, value in bounds(record).items()), default=None)
        limit = [f"{bound[0]:,.0f} ({bound[1]})", f"{rate / bound[0]:.0%}"] if bound else ["-", "-"]
        cells = [
            record["stage"],
            f"{tokens:,}",
            f"{record['types']:,}",
            f"{record['seconds']:.1f}",
            f"{tokens / record['seconds']:,.0f}",
            f"{rate:,.0f}",
            *limit,
            f"{record['peak_bytes'] / 1e6:,.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def draw(records: list[dict]) -> None:
    """Draw speed and memory over the size of the text."""
    stages = list(dict.fromkeys(record["stage"] for record in records))
    with drawing(FIGURE, "Stages on texts that follow Zipf's law", (9, 4.2)) as figure:
        speed, memory = figure.subplots(1, 2)
        for stage, colour, marker in zip(stages, COLOURS, MARKERS, strict=False):
            found = [record for record in records if record["stage"] == stage]
            tokens = [record["tokens"] for record in found]
            style = {"color": colour, "marker": marker, "label": stage}
            speed.plot(tokens, [record["tokens"] / record["seconds"] for record in found], **style)
            memory.plot(tokens, [record["peak_bytes"] / 1e6 for record in found], **style)
        speed.set(title="speed of the whole program", ylabel="tokens/s")
        memory.set(title="peak memory", ylabel="MB")
        for axes in (speed, memory):
            axes.set(xscale="log", yscale="log", xlabel="tokens")
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter(EngFormatter(sep=""))
            axes.minorticks_off()
        memory.legend()


if __name__ == "__main__":
    report()
