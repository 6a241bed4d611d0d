import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from lexloom.errors import LexloomError
from lexloom.report.figures import dots, drawing, label_points, log_axis, plot_epochs, principal_plane


def draw_curve(path):
    with drawing(path, r"Price in $\sic against $") as figure:
        plot_epochs(figure.subplots(), np.array([3.0, 2.0, 1.5]), label="loss")


def test_a_figure_is_a_png_with_the_same_bytes_each_time(tmp_path):
    draw_curve(tmp_path / "new folder" / "one.png")
    draw_curve(tmp_path / "two.png")
    one = (tmp_path / "new folder" / "one.png").read_bytes()
    assert one.startswith(b"\x89PNG")
    assert one == (tmp_path / "two.png").read_bytes()
    assert b"Software" not in one
    assert b"matplotlib" not in one


def test_epochs_are_counted_from_one(tmp_path):
    with drawing(tmp_path / "curve.png", "curve") as figure:
        axes = figure.subplots()
        plot_epochs(axes, np.array([3.0, 2.0]))
        assert axes.lines[0].get_xdata().tolist() == [1, 2]


@given(low=st.floats(1e-3, 1e5), ratio=st.floats(1.02, 1e6))
def test_a_logarithmic_axis_has_round_numbers_where_the_curves_are(low, ratio, tmp_path_factory):
    axes = Figure().subplots()
    plot_epochs(axes, np.array([low, low * ratio]))
    log_axis(axes)
    shown = [tick for tick in axes.get_yticks() if 0.99 * low <= tick <= 1.01 * low * ratio]
    assert 2 <= len(shown) <= 16
    assert not axes.get_yticks(minor=True).size


def test_numbers_of_a_logarithmic_axis_are_plain():
    figure = Figure()
    axes = figure.subplots()
    plot_epochs(axes, np.array([900, 4000]))
    log_axis(axes)
    figure.draw_without_rendering()
    assert {"1,000", "2,000"} <= {label.get_text() for label in axes.get_yticklabels()}


def test_the_title_says_the_corpus(tmp_path):
    with drawing(tmp_path / "curve.png", "curve", corpus="ptb") as figure:
        assert figure.get_suptitle() == "ptb: curve"


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 999))
def test_labels_cover_neither_each_other_nor_a_point_and_stay_inside(seed, tmp_path_factory):
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(40, 2)) * rng.uniform(0.1, 1, size=(40, 1))
    words = ["word" * int(size) for size in rng.integers(1, 4, 40)]
    with drawing(tmp_path_factory.mktemp("figure") / "words.png", "words") as figure:
        axes = figure.subplots()
        axes.scatter(*places.T)
        written = label_points(axes, places, words)
        figure.draw_without_rendering()
        texts = [text for text in axes.texts if isinstance(text, Annotation) and text.get_text()]
        assert [text.get_text() for text in texts] == [words[i] for i in written]
        boxes = [text.get_window_extent() for text in texts]
        points = axes.transData.transform(places)
        for i, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:i])
            assert not any(box.contains(*point) for point in points)
            assert axes.bbox.contains(box.x0, box.y0)
            assert axes.bbox.contains(box.x1, box.y1)
    assert len(written) > 25


def test_far_labels_are_tied_to_their_points(tmp_path):
    places = np.zeros((12, 2)) + 1e-3 * np.arange(12)[:, None]
    with drawing(tmp_path / "words.png", "words") as figure:
        axes = figure.subplots()
        axes.set(xlim=(-1, 1), ylim=(-1, 1))
        written = label_points(axes, places, ["word"] * 12)
        lines = [text for text in axes.texts if text.arrow_patch]
    assert 0 < len(lines) < len(written)


@given(seed=st.integers(0, 999))
def test_the_principal_plane_keeps_most_of_the_variance(seed):
    rows = np.random.default_rng(seed).normal(size=(12, 5))
    places, shares = principal_plane(rows)
    values, axes = np.linalg.eigh(np.cov(rows.T, bias=True))
    expected = (rows - rows.mean(axis=0)) @ axes[:, [-1, -2]]
    np.testing.assert_allclose(np.abs(places), np.abs(expected), atol=1e-9)
    np.testing.assert_allclose(shares, values[[-1, -2]] / values.sum(), atol=1e-9)
    assert (places.max(axis=0) >= -places.min(axis=0)).all()


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (2, 2)])
def test_few_words_have_a_plane_too(shape):
    rows = np.arange(6.0)[: np.prod(shape)].reshape(shape)
    places, shares = principal_plane(rows)
    assert places.shape == (shape[0], 2)
    np.testing.assert_allclose(places[:, 1], 0, atol=1e-12)
    assert shares == pytest.approx([float(shape[0] > 1), 0])


@pytest.mark.parametrize(("points", "marker"), [(1, "o"), (2000, "")])
def test_a_curve_of_few_points_shows_each_of_them(points, marker):
    assert dots(np.ones(points)) == marker


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("curve", [[-1e308, 1e308], [1e308], [0.5, 1.7e308]])
def test_numbers_that_are_too_large_to_draw_are_refused(tmp_path, curve):
    refused = pytest.raises(LexloomError, match=r"a\.png: its numbers are too large to draw")
    with refused, drawing(tmp_path / "a.png", "") as figure:
        figure.subplots().plot(curve)
    assert list(tmp_path.iterdir()) == []
