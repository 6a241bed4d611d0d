"use strict";

/* Draw each section that there is data for. */
const DATA = JSON.parse(document.getElementById("data").textContent);
const DRAWING = {
  headline: drawHeadline, words: drawWords, sentences: drawSentences, curves: drawCurves, tables: drawTables,
};

function drawHeadline(section, tiles) {
  section.append(...tiles.map(({ value, label, note }) =>
    element("div", { class: "tile" }, element("strong", {}, value), element("span", {}, label),
      element("small", {}, note))));
}

for (const [name, draw] of Object.entries(DRAWING)) {
  const section = document.getElementById(name);
  if (!DATA[name] || !DATA[name].length && Array.isArray(DATA[name])) {
    section.remove();
    continue;
  }
  if (section.dataset.title) section.append(element("h2", { id: `${name}-title` }, section.dataset.title));
  draw(section, DATA[name], DATA);
}
const titles = [...document.querySelectorAll("h2")];
if (titles.length > 1) {
  document.getElementById("contents").append(
    ...titles.map((title) => element("a", { href: `#${title.id}` }, title.textContent)));
}
