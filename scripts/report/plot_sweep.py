"""Draw the mean score by each setting of a sweep: the best combination with each value, and their spread.

The setting whose choice changes the best score most comes first.
"""

import argparse
from itertools import zip_longest

from lexloom.commands.figure import figure_parser
from lexloom.commands.script import parse, run


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = figure_parser(__doc__)
    parser.add_argument("sweep", help="table of a sweep (tab-separated)")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np
from matplotlib.axes import Axes

from lexloom.report.figures import COLOURS, GREY, drawing
from lexloom.vectors.sweep_tables import Sweep, read_sweep

COLUMNS = 4


def main(options: argparse.Namespace) -> None:
    """Read the table, draw one panel for each setting that was varied."""
    sweep = read_sweep(options.sweep)
    groups = {name: by_value(sweep, name) for name in sweep.settings[0]}
    varied = {name: values for name, values in groups.items() if len(values) > 1}
    panels = sorted(varied.items(), key=lambda panel: -reach(panel[1]))
    rows = -(-(len(panels) + 1) // COLUMNS)
    title = f"Mean score on {', '.join(sweep.scores)} of {len(sweep.settings)} combinations of settings"
    with drawing(options.output, title, size=(2.6 * COLUMNS, 3 * rows), corpus=options.name) as figure:
        grid = figure.subplots(rows, COLUMNS, sharey=True, squeeze=False).ravel()
        for axes, panel in zip_longest(grid, panels):
            if panel is None:
                axes.set_axis_off()
            else:
                draw_setting(axes, *panel)
        figure.supylabel("mean score", fontsize="medium")
        explain(grid[len(panels)], sweep)


def by_value(sweep: Sweep, name: str) -> dict[str, np.ndarray]:
    """Return the means of the combinations that have each value of a setting; numbers ascend."""
    values = np.array([settings[name] for settings in sweep.settings])
    return {value: sweep.means[values == value] for value in sorted(set(values), key=in_order)}


def in_order(value: str) -> tuple[float, str]:
    """Return what to sort by: the number, where a value is one."""
    try:
        return float(value), ""
    except ValueError:
        return 0.0, value


def reach(values: dict[str, np.ndarray]) -> float:
    """Return by how much the choice of a value changes the best mean."""
    best = [np.nanmax(means) for means in values.values()]
    return max(best) - min(best)


def draw_setting(axes: Axes, name: str, values: dict[str, np.ndarray]) -> None:
    """Draw best, median, middle half and range of the means for each value of a setting."""
    places = np.arange(len(values))
    low, first, median, third, best = (
        [np.nanquantile(means, share) for means in values.values()] for share in (0, 0.25, 0.5, 0.75, 1)
    )
    axes.vlines(places, low, best, color="#CCCCCC", linewidth=1)
    axes.vlines(places, first, third, color="#CCCCCC", linewidth=9)
    axes.plot(places, median, "_", color=GREY, markersize=12, markeredgewidth=2)
    axes.plot(places, best, "o-", color=COLOURS[0])
    axes.set_xticks(places, values)
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.grid(axis="x", visible=False)
    axes.set_title(f"{name}\nmoves the best by {reach(values):.3f}", fontsize="medium")


def explain(axes: Axes, sweep: Sweep) -> None:
    """Write the best combination, and what the marks mean, where no panel is."""
    best = "\n".join(f"{name} {value}" for name, value in sweep.settings[0].items())
    axes.plot([], [], "o-", color=COLOURS[0], label="best")
    axes.plot([], [], "_", color=GREY, markersize=12, markeredgewidth=2, label="median")
    axes.plot([], [], color="#CCCCCC", linewidth=9, label="middle half")
    axes.legend(loc="upper left")
    axes.text(0.05, 0.5, f"best of all, {sweep.means[0]:.3f}:\n{best}", va="top", transform=axes.transAxes)


if __name__ == "__main__":
    run(main, OPTIONS)
