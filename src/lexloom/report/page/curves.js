"use strict";

/* Okabe and Ito (2008): told apart by colour-blind readers too. */
const PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];
const CURVE_MARGINS = { left: 58, right: 14, top: 12, bottom: 40 };

function drawCurves(section, charts) {
  const svg = drawn("svg", { class: "chart", role: "img" });
  const said = element("div", { class: "tip", hidden: "" });
  const legend = element("div", { class: "legend" });
  const note = element("p", { class: "note" });
  let chart;
  const view = new View(svg, { x: [0, 1], y: [0, 1] }, () => chart && drawChart(svg, view, chart), {
    margins: CURVE_MARGINS,
  });
  const show = (chosen) => {
    chart = prepared(charts[chosen]);
    note.textContent = chart.note;
    svg.setAttribute("aria-label", chart.title);
    legend.replaceChildren(...chart.lines.map((line) => legendButton(line, () => view.changed())));
    view.world = worldOf(chart);
    view.show(view.world);
  };
  svg.addEventListener("pointermove", (event) => pointAt(svg, view, chart, said, view.place(event)));
  svg.addEventListener("pointerleave", () => unpoint(svg, said));
  section.append(
    choice("Which curves", charts.map((each) => each.title), show), note,
    element("div", { class: "figure" }, svg, said, view.buttons()), legend);
  show(0);
}

/* Lines with colours, and with logarithms of y where the axis is logarithmic. */
function prepared(chart) {
  const names = [...new Set(chart.lines.map((line) => line.group))];
  const scaled = chart.log ? Math.log10 : (y) => y;
  const lines = chart.lines.map((line) => ({
    ...line, colour: PALETTE[names.indexOf(line.group) % PALETTE.length], heights: line.y.map(scaled), shown: true,
  }));
  return { ...chart, lines };
}

function worldOf(chart) {
  const range = (values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const edge = (high - low) * 0.04 || Math.abs(high) * 0.04 || 1;
    return [low - edge, high + edge];
  };
  return { x: range(chart.lines.flatMap((line) => line.x)), y: range(chart.lines.flatMap((line) => line.heights)) };
}

function legendButton(line, changed) {
  const swatch = drawn("svg", { viewBox: "0 0 26 8", class: "swatch", "aria-hidden": "true" },
    drawn("line", { x1: 0, x2: 26, y1: 4, y2: 4, stroke: line.colour, "stroke-dasharray": line.dashed ? "5 4" : null }));
  const button = element("button", { type: "button", "aria-pressed": "true", title: "Show or hide", click: () => {
    line.shown = !line.shown;
    button.setAttribute("aria-pressed", String(line.shown));
    changed();
  } }, swatch, line.name);
  return button;
}

function drawChart(svg, view, chart) {
  const { left, top } = CURVE_MARGINS;
  const [right, bottom] = [left + view.width, top + view.height];
  const marks = [];
  for (const { at, text } of ticks(view.y, chart.log, view.height / 55)) {
    const y = view.top(at);
    marks.push(drawn("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }),
      drawn("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, text));
  }
  for (const { at, text } of ticks(view.x, false, view.width / 90)) {
    const x = view.left(at);
    marks.push(drawn("line", { class: "grid", x1: x, x2: x, y1: top, y2: bottom }),
      drawn("text", { x, y: bottom + 17, "text-anchor": "middle" }, text));
  }
  marks.push(
    drawn("text", { x: (left + right) / 2, y: bottom + 34, "text-anchor": "middle", class: "axis" }, chart.x),
    drawn("text", {
      transform: `translate(13 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle", class: "axis",
    }, chart.y));
  const inside = drawn("svg", { x: left, y: top, width: view.width, height: view.height });
  inside.append(...chart.lines.filter((line) => line.shown).flatMap((line) => lineMarks(line, view)));
  svg.replaceChildren(...marks, inside, drawn("g", { class: "pointed" }));
}

function lineMarks(line, view) {
  const { left, top } = CURVE_MARGINS;
  const places = line.x.map((x, i) => [view.left(x) - left, view.top(line.heights[i]) - top]);
  const path = drawn("polyline", {
    points: places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "), stroke: line.colour,
    class: "curve", "stroke-dasharray": line.dashed ? "6 4" : null,
  });
  const dots = places.length > 40 ? [] : places.map(([cx, cy]) => drawn("circle", { cx, cy, r: 3, fill: line.colour }));
  return [path, ...dots];
}

/* About `count` round numbers in a range; of a logarithmic axis it has the logarithms. */
function ticks([low, high], isLog, count) {
  const [first, last] = isLog ? [10 ** low, 10 ** high] : [low, high];
  if (isLog && high - low > 0.7) {
    const steps = high - low > 2.5 ? [1] : high - low > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
    const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => 10 ** (Math.floor(low) + i));
    return powers.flatMap((power) => steps.map((step) => step * power))
      .filter((value) => value >= first && value <= last)
      .map((value) => ({ at: Math.log10(value), text: plain(value) }));
  }
  const rough = (last - first) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= rough);
  return Array.from({ length: Math.floor(last / step) - Math.ceil(first / step) + 1 },
    (_, i) => (Math.ceil(first / step) + i) * step)
    .map((value) => ({ at: isLog ? Math.log10(value) : value, text: plain(value) }));
}

const plain = (value) => value === 0 ? "0" : value.toLocaleString("en", { maximumSignificantDigits: 4 });

/* Say what the curves are where the pointer is. */
function pointAt(svg, view, chart, said, [left, top]) {
  const found = chart.lines.filter((line) => line.shown).map((line) => {
    const i = nearestTo(line.x, view.xAt(left));
    return { line, x: line.x[i], y: line.y[i], place: [view.left(line.x[i]), view.top(line.heights[i])] };
  });
  const inside = found.filter(({ place: [x, y] }) =>
    x >= CURVE_MARGINS.left && x <= CURVE_MARGINS.left + view.width && y >= 0 && y <= view.height + CURVE_MARGINS.top);
  if (!inside.length) return unpoint(svg, said);
  svg.querySelector(".pointed")?.replaceChildren(...inside.map(({ line, place: [cx, cy] }) =>
    drawn("circle", { cx, cy, r: 5, fill: line.colour })));
  said.replaceChildren(element("strong", {}, `${chart.x} ${plain(inside[0].x)}`), ...inside.map(({ line, y }) => {
    const mark = element("i");
    mark.style.background = line.colour;
    return element("span", {}, mark, `${line.name} `, element("b", {}, plain(y)));
  }));
  said.hidden = false;
  const isRight = left > view.width / 2;
  said.style.left = isRight ? "auto" : `${left + 18}px`;
  said.style.right = isRight ? `${svg.clientWidth - left + 18}px` : "auto";
  said.style.top = `${Math.min(top, view.height - said.clientHeight)}px`;
}

function unpoint(svg, said) {
  said.hidden = true;
  svg.querySelector(".pointed")?.replaceChildren();
}

function nearestTo(sorted, value) {
  let [low, high] = [0, sorted.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle; else high = middle;
  }
  return value - sorted[low] < sorted[high] - value ? low : high;
}
