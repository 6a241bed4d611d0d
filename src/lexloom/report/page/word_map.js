"use strict";

const LABELS = 500, LETTER = 6.6, LINE = 13, MOVE_MS = 700, SUGGESTED = 8, CELL = 40;
const FREQUENCY_COLOURS = ["#B7CDE0", "#7FA8CB", "#4A83B4", "#1F5F99", "#0B3C6B"];

/* The map of words: places, search, and the nearest words of the one that is chosen. */
function drawWords(section, words, { vocabulary }) {
  const map = new WordMap(words, vocabulary, (word) => choose(word));
  const neighbours = element("div", { class: "neighbours", "aria-live": "polite" });
  const choose = (word) => {
    map.choose(word);
    neighbours.replaceChildren(...neighboursOf(word, words, vocabulary, choose));
  };
  const kinds = words.kinds.map((kind) => kind.name);
  section.append(
    element("p", { class: "note" }, words.note),
    element("div", { class: "bar" },
      searchBox(vocabulary.slice(0, words.counts.length), choose),
      choice("Which vectors place the words", kinds, (kind) => map.place(kind), words.kind)),
    element("div", { class: "two" },
      element("div", {}, element("div", { class: "figure" }, map.svg, map.view.buttons()), map.legend()),
      neighbours));
  section.addEventListener("word", (event) => choose(event.detail));
  choose(words.first);
}

class WordMap {
  constructor(words, vocabulary, choose) {
    Object.assign(this, { words, vocabulary, kind: words.kind, chosen: words.first });
    this.svg = drawn("svg", { class: "map", role: "img", "aria-label": "Map of words" });
    this.points = words.counts.map((count, word) => drawn("circle", {
      fill: this.colour(word), click: () => this.view.clicked && choose(word) },
      drawn("title", {}, `${vocabulary[word]}, ${grouped(count)} times`)));
    this.lines = drawn("g", { class: "ties" });
    this.labels = drawn("g", { class: "labels", click: (event) => {
      const word = Number(event.target.dataset.word);
      if (this.view.clicked && !Number.isNaN(word)) choose(word);
    } });
    this.svg.append(drawn("g", { class: "points" }, ...this.points), this.lines, this.labels);
    this.places = words.kinds[words.kind].places;
    this.view = new View(this.svg, boundsOf(this.places), () => this.draw(), { square: true });
  }

  colour(word) {
    const { classes, counts } = this.words;
    if (classes) return classColour(classes.of[word], classes.names.length);
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    const share = Math.log((counts[word] + 1) / (least + 1)) / Math.log((most + 2) / (least + 1));
    return FREQUENCY_COLOURS[Math.min(4, Math.floor(share * 5))];
  }

  legend() {
    const { classes } = this.words;
    const entry = (colour, text) => {
      const mark = element("i");
      mark.style.background = colour;
      return element("span", {}, mark, text);
    };
    const entries = classes ? classes.names.map((name, i) => entry(classColour(i, classes.names.length), name))
      : ["rare", "", "", "", "frequent"].map((text, i) => entry(FREQUENCY_COLOURS[i], text));
    return element("div", { class: "legend" }, ...entries,
      element("span", { class: "hint" }, "Drag to move. Click, then scroll to zoom; double-click shows all."));
  }

  choose(word) {
    this.chosen = word;
    const [x, y] = this.places[word];
    const { view } = this;
    if (x < view.x[0] || x > view.x[1] || y < view.y[0] || y > view.y[1]) {
      const half = (range) => (range[1] - range[0]) / 2;
      view.show({ x: [x - half(view.x), x + half(view.x)], y: [y - half(view.y), y + half(view.y)] });
    }
    view.changed();
  }

  /* Move the words to where another kind of vectors has them. */
  place(kind) {
    const [from, to, began] = [this.places, this.words.kinds[kind].places, performance.now()];
    this.kind = kind;
    this.view.world = boundsOf(to);
    this.view.show(this.view.world);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = (now) => {
      const share = calm ? 1 : Math.min(1, Math.max(0, (now - began) / MOVE_MS));
      const eased = share * share * (3 - 2 * share);
      this.places = share === 1 ? to : to.map(([x, y], i) =>
        [from[i][0] + (x - from[i][0]) * eased, from[i][1] + (y - from[i][1]) * eased]);
      this.draw();
      if (share < 1 && this.kind === kind) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  draw() {
    const { view, chosen } = this;
    const near = this.words.kinds[this.kind].neighbours[chosen].filter((word) => word < this.points.length);
    const at = this.places.map(([x, y]) => [view.left(x), view.top(y)]);
    const marked = new Set(near);
    this.points.forEach((point, word) => {
      point.setAttribute("cx", at[word][0].toFixed(1));
      point.setAttribute("cy", at[word][1].toFixed(1));
      point.setAttribute("r", word === chosen ? 7 : marked.has(word) ? 5 : 3);
      point.setAttribute("class", word === chosen ? "chosen" : marked.has(word) ? "near" : "");
    });
    this.lines.replaceChildren(...near.map((word) => drawn("line", {
      x1: at[chosen][0], y1: at[chosen][1], x2: at[word][0], y2: at[word][1] })));
    this.label(at, [chosen, ...near]);
  }

  /* Label the chosen words, then the most frequent ones; no label covers another or leaves the map. */
  label(at, first) {
    const taken = new Map();
    const order = [...first, ...this.points.keys()];
    const [right, bottom] = [this.svg.clientWidth, this.svg.clientHeight];
    const texts = [], done = new Set();
    for (const word of order) {
      if (texts.length >= LABELS) break;
      const [x, y] = at[word];
      if (done.has(word) || x < 0 || x > right || y < 0 || y > bottom) continue;
      const wide = widthOf(this.vocabulary[word]);
      const offsets = [[8, -LINE / 2], [-8 - wide, -LINE / 2], [-wide / 2, -LINE - 6], [-wide / 2, 6]];
      const box = offsets.map(([dx, dy]) => [x + dx, y + dy, x + dx + wide, y + dy + LINE])
        .find((box) => box[0] >= 0 && box[2] <= right && box[1] >= 0 && box[3] <= bottom && isFree(taken, box));
      if (!box) continue;
      done.add(word);
      take(taken, box);
      texts.push(drawn("text", {
        x: box[0].toFixed(1), y: (box[1] + LINE - 3).toFixed(1), "data-word": word,
        class: word === first[0] ? "chosen" : first.includes(word) ? "near" : null,
      }, shortened(this.vocabulary[word])));
    }
    this.labels.replaceChildren(...texts);
  }
}

/* One of some colours that differ in hue and, side by side, in lightness. */
function classColour(number, count) {
  return count <= PALETTE.length ? PALETTE[number]
    : `hsl(${Math.round(number * 360 / count)} 70% ${number % 2 ? 62 : 40}%)`;
}

function boundsOf(places) {
  const range = (values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const edge = (high - low) * 0.04 || 1;
    return [low - edge, high + edge];
  };
  return { x: range(places.map((place) => place[0])), y: range(places.map((place) => place[1])) };
}

const shortened = (word) => [...word].length > 24 ? `${[...word].slice(0, 23).join("")}…` : word;

/* About how wide a word is; letters of Chinese, Japanese and Korean are twice as wide. */
function widthOf(word) {
  return [...shortened(word)].reduce((sum, letter) => sum + (letter >= "\u1100" ? 2 : 1), 1) * LETTER;
}

function cellsOf(box) {
  const cells = [];
  for (let x = Math.floor(box[0] / CELL); x <= box[2] / CELL; x++) {
    for (let y = Math.floor(box[1] / CELL); y <= box[3] / CELL; y++) cells.push(`${x},${y}`);
  }
  return cells;
}

const overlap = (one, other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];

const isFree = (taken, box) => !cellsOf(box).some((cell) => taken.get(cell)?.some((other) => overlap(box, other)));

function take(taken, box) {
  for (const cell of cellsOf(box)) taken.set(cell, [...taken.get(cell) ?? [], box]);
}

/* A field that suggests words which begin with what is typed, then those which contain it. */
function searchBox(known, choose) {
  const spelled = known.map(folded);
  const list = element("div", { class: "suggestions", hidden: "" });
  const pick = (word) => {
    field.value = known[word];
    list.hidden = true;
    choose(word);
  };
  let found = [];
  const suggest = () => {
    const typed = folded(field.value.trim());
    const numbers = [...known.keys()];
    const exact = numbers.filter((word) => known[word] === field.value.trim());
    const begins = numbers.filter((word) => spelled[word].startsWith(typed));
    const contains = numbers.filter((word) => spelled[word].includes(typed));
    found = typed ? [...new Set([...exact, ...begins, ...contains])].slice(0, SUGGESTED) : [];
    list.replaceChildren(...found.map((word) =>
      element("button", { type: "button", click: () => pick(word) }, known[word])));
    if (typed && !found.length) list.append(element("span", {}, "no such word on the map"));
    list.hidden = !typed;
  };
  const field = element("input", {
    type: "search", id: "word", placeholder: `find one of ${grouped(known.length)} words`, autocomplete: "off",
    spellcheck: "false", "aria-label": "Find a word", input: suggest, focus: suggest,
    keydown: (event) => {
      if (event.key === "Enter" && found.length) pick(found[0]);
      if (event.key === "Escape") list.hidden = true;
    },
  });
  return element("div", { class: "search" }, field, list);
}

/* The chosen word: how frequent it is, and its nearest words by each kind of vectors. */
function neighboursOf(word, { counts, ranks, kinds }, vocabulary, choose) {
  const lists = kinds.map(({ name, neighbours, cosines }) => element("div", { "data-kind": name },
    element("h4", {}, name),
    element("ol", {}, ...neighbours[word].map((other, i) => element("li", {},
      other < counts.length
        ? element("button", { type: "button", click: () => choose(other) }, vocabulary[other])
        : element("span", {}, vocabulary[other]),
      element("small", {}, (cosines[word][i] / 100).toFixed(2)))))));
  return [
    element("h3", {}, vocabulary[word]),
    element("p", { class: "note" },
      `${grouped(counts[word])} times in train, number ${grouped(ranks[word])} by frequency. ` +
      "Nearest words by each kind of vectors, with their cosines:"),
    element("div", { class: "lists" }, ...lists),
  ];
}
