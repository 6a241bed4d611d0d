"use strict";

/* A cell is a text, a number, null, or [value, low, high] with the limits of an interval. */
const valueOf = (cell) => Array.isArray(cell) ? cell[0] : cell;

function drawTables(section, tables) {
  for (const table of tables) {
    const place = element("div", { class: "table" });
    section.append(
      element("h2", { id: table.id }, table.title), element("p", { class: "note" }, table.note), place);
    place.append(sortable(table));
  }
}

function sortable({ title, columns, rows }) {
  const body = element("tbody");
  const fill = (sorted) => body.replaceChildren(...sorted.map((row) =>
    element("tr", {}, ...row.map((cell, i) => cellOf(cell, columns[i], i === 0)))));
  const heads = columns.map((column, i) =>
    element("th", { scope: "col", class: column.decimals === undefined ? null : "number" },
      element("button", { type: "button", title: column.note || "Sort", click: () => sortBy(i) }, column.name)));
  const sortBy = (i) => {
    const rising = heads[i].getAttribute("aria-sort") === "descending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[i].setAttribute("aria-sort", rising ? "ascending" : "descending");
    fill([...rows].sort((one, other) => compare(valueOf(one[i]), valueOf(other[i]), rising ? 1 : -1)));
  };
  columns.forEach((column, i) => { column.extent = extentOf(rows.map((row) => row[i])); });
  fill(rows);
  return element("table", { "aria-label": title }, element("thead", {}, element("tr", {}, ...heads)), body);
}

/* Cells without a value come last, whichever way the others are sorted. */
function compare(one, other, sign) {
  if (one === null || other === null) return (one === null) - (other === null);
  return sign * (typeof one === "number" ? one - other : String(one).localeCompare(other));
}

function extentOf(cells) {
  const limits = cells.filter((cell) => Array.isArray(cell) && cell[1] !== null).flat();
  return limits.length ? [Math.min(...limits), Math.max(...limits)] : null;
}

function cellOf(cell, column, isHead) {
  const made = element(isHead ? "th" : "td", isHead ? { scope: "row" } : {});
  if (column.decimals !== undefined) made.className = "number";
  const shown = (value) => typeof value === "number" ? fixed(value, column.decimals) : value ?? "–";
  made.append(shown(valueOf(cell)));
  if (Array.isArray(cell) && cell[1] !== null) {
    made.append(element("small", {}, `${shown(cell[1])} to ${shown(cell[2])}`), whisker(cell, column.extent));
  }
  return made;
}

function fixed(value, decimals) {
  return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/* The value and its interval on a line, the same for all cells of a column. */
function whisker([value, low, high], [least, most]) {
  const across = (number) => 3 + 94 * (number - least) / (most - least || 1);
  return drawn("svg", { viewBox: "0 0 100 8", class: "whisker", "aria-hidden": "true" },
    drawn("line", { x1: across(low), x2: across(high), y1: 4, y2: 4 }),
    drawn("circle", { cx: across(value), cy: 4, r: 3 }));
}
