"""How figures look and how they become files: one style, the same bytes for the same numbers."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from warnings import catch_warnings, filterwarnings

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from lexloom.errors import LexloomError, printable
from lexloom.report.fonts import families_for
from lexloom.storage.atomic_files import replacing

# Okabe and Ito (2008), "Color universal design": told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
GREY = "#767676"
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

_STYLE = matplotlib.RcParams(
    {
        "font.size": 10,
        "text.parse_math": False,
        "axes.prop_cycle": cycler(color=COLOURS),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.titlesize": 11,
        "grid.color": "#E4E4E4",
        "figure.titlesize": 12,
        "image.cmap": "Blues",
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "lines.markersize": 4.5,
    }
)
_DOTS_PER_INCH = 150
_LABEL_RADII = (5, 9, 14, 20)
_LABEL_ANGLES = np.deg2rad([0, 180, 90, 270, 45, 135, 225, 315])
_LABEL_SIZE = 8
_MOST_DOTS = 20
_MOST_LETTERS = 24
_MULTIPLES = ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7))  # of powers of ten on a logarithmic axis
_LEAST_TICKS = 4


@contextmanager
def drawing(
    path: str | Path,
    title: str,
    size: tuple[float, float] = (7, 4.5),
    words: Iterable[str] = (),
    corpus: str = "",
) -> Iterator[Figure]:
    """Give a figure in lexloom's style to draw on; it is written as a PNG file when the block ends.

    Parameters
    ----------
    path : path
        Its folder is made where it is missing.
    title : str
        Over the whole figure.
    size : (float, float)
        Width and height in inches.
    words : list of str
        The words that will be drawn, for which fonts are looked for.
    corpus : str
        The name of the corpus, which is added to the title.

    Raises
    ------
    LexloomError
        If Matplotlib finds no place for the numbers.
    """
    title = f"{corpus}: {title}" if corpus else title
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **_STYLE}), catch_warnings():
        matplotlib.rcParams["font.family"] = families_for(title + "".join(words))
        filterwarnings("ignore", "Glyph .* missing from")  # said once, by families_for
        figure = Figure(size, layout="constrained", dpi=_DOTS_PER_INCH)
        FigureCanvasAgg(figure)
        figure.suptitle(title)
        yield figure
        with replacing(path) as file:
            try:
                figure.savefig(file, format="png", metadata={"Software": None})
            except (ValueError, OverflowError) as error:
                raise LexloomError(f"{path}: its numbers are too large to draw: {error}") from error


def log_axis(axes: Axes) -> None:
    """Make the y axis logarithmic, with plain round numbers where the curves are.

    Raises
    ------
    LexloomError
        If no value of the curves is positive and finite.
    """
    values = np.concatenate([np.asarray(line.get_ydata(), float) for line in axes.get_lines()])
    drawn = values[(values > 0) & np.isfinite(values)]
    if not len(drawn):
        raise LexloomError(f"{axes.get_ylabel() or 'the curves'}: no positive finite number to draw")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator(_round_numbers(drawn.min(), drawn.max())))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.6g}"))


def _round_numbers(low: float, high: float) -> list[float]:
    """Return some round numbers in about a range: powers of ten, their multiples, or equal steps."""
    for subs in _MULTIPLES:
        ticks = np.asarray(LogLocator(subs=subs, numticks=20).tick_values(low, high))
        if ((ticks >= low) & (ticks <= high)).sum() >= _LEAST_TICKS:
            return list(ticks)
    ticks = np.asarray(MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(low, high))
    return list(ticks[ticks > 0])


def dots(values: np.ndarray) -> str:
    """Return the marker of a curve through values (E,): dots where they are too few to be seen as a line."""
    return "o" if len(values) <= _MOST_DOTS else ""


def label_of(word: str) -> str:
    """Return a word as a label: printable, and cut short where it is long."""
    return printable(word if len(word) <= _MOST_LETTERS else f"{word[:_MOST_LETTERS]}…")


def plot_epochs(axes: Axes, values: np.ndarray, **line: Any) -> None:
    """Draw values (E,) over the epochs 1 to E, with whole numbers on the axis."""
    axes.plot(np.arange(1, len(values) + 1), values, **{"marker": "o", **line})
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def principal_plane(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (N, D) on the plane of their two largest principal components.

    Returns
    -------
    places : (N, 2) float array
        The sign of each component makes its largest entry positive.
    shares : (2,) float array
        Of the rows' variance on each component.
    """
    centred = np.pad(rows - rows.mean(axis=0), ((0, 1), (0, 1)))  # two components, even of a single row
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    places = left[:-1, :2] * lengths[:2]
    signs = np.sign(places[np.abs(places).argmax(axis=0), [0, 1]])
    return places * signs, lengths[:2] ** 2 / max((lengths**2).sum(), np.finfo(rows.dtype).tiny)


def label_points(axes: Axes, places: np.ndarray, labels: Sequence[str]) -> list[int]:
    """Write labels beside points so that none covers another label or a point.

    Each label takes the free spot nearest to its point, with a thin line where that is not close by. Earlier
    labels come first, and a label that finds no spot is left out. Draw everything else before.

    Parameters
    ----------
    places : (N, 2) float array
        In data coordinates.
    labels : list of N str

    Returns
    -------
    written : list of int
        Which labels were written.
    """
    axes.figure.canvas.figure.draw_without_rendering()
    pixels = axes.figure.dpi / 72
    centres = axes.transData.transform(places)
    taken = np.hstack([centres - 2 * pixels, centres + 2 * pixels])
    bounds = np.array(axes.bbox.extents)
    written = []
    for i, label in enumerate(labels):
        text = axes.annotate(
            label, places[i], (0, 0), textcoords="offset points", ha="center", va="center", size=_LABEL_SIZE
        )
        text.set_in_layout(False)
        extent = text.get_window_extent()
        half = np.array([extent.width, extent.height]) / 2
        offset = _free_offset(centres[i], half, taken, bounds, pixels)
        if offset is None:
            text.remove()
            continue
        x, y = offset / pixels
        text.set_position((x, y))
        edge = np.clip(0, offset - half, offset + half)
        if np.linalg.norm(edge) > _LABEL_RADII[1] * pixels:
            axes.annotate(
                "",
                places[i],
                edge / pixels,
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2},
                zorder=0,
            ).set_in_layout(False)
        taken = np.vstack([taken, np.hstack([centres[i] + offset - half, centres[i] + offset + half])])
        written.append(i)
    return written


def _free_offset(
    centre: np.ndarray, half: np.ndarray, taken: np.ndarray, bounds: np.ndarray, pixels: float
) -> np.ndarray | None:
    """Return where, seen from `centre`, a box of size 2 `half` overlaps no taken box (N, 4), in pixels."""
    for radius in _LABEL_RADII:
        for angle in _LABEL_ANGLES:
            direction = np.array([np.cos(angle), np.sin(angle)])
            offset = direction * (half + radius * pixels)
            low, high = centre + offset - half, centre + offset + half
            inside = (low >= bounds[:2]).all() and (high <= bounds[2:]).all()
            if inside and not ((low < taken[:, 2:]) & (high > taken[:, :2])).all(axis=1).any():
                return offset
    return None
