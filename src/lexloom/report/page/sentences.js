"use strict";

const SHOWN = 4, MOST_BITS = 16;

/* Test sentences, each word coloured by how much it surprises each language model. */
function drawSentences(section, { note, ids, lengths, models }, { vocabulary, words }) {
  const starts = lengths.map((sum => (length) => (sum += length) - length)(0));
  const spelled = vocabulary.map(folded);
  const list = element("div", { class: "list" });
  const count = element("p", { class: "note", "aria-live": "polite" });
  const more = element("button", { type: "button", class: "more", click: () => show(SHOWN) }, "More sentences");
  const field = element("input", {
    type: "search", id: "line", placeholder: "type words of a sentence", autocomplete: "off", spellcheck: "false",
    "aria-label": "Find test sentences by their words", input: () => find(field.value),
  });
  let found = [];
  const find = (text) => {
    const typed = folded(text).split(/\s+/).filter(Boolean);
    found = matching(typed, spelled, ids, starts, lengths);
    const isAll = !typed.length;
    count.textContent = isAll ? `${grouped(lengths.length)} sentences` : `${grouped(found.length)} sentences with ` +
      (found.length ? `${found[0].hits} of these ${typed.length} words, or fewer` : "none of these words");
    list.replaceChildren();
    show(SHOWN);
  };
  const show = (number) => {
    const from = list.childElementCount;
    const cards = found.slice(from, from + number).map(({ sentence }) =>
      card(starts[sentence], lengths[sentence], { ids, models, vocabulary, known: words?.counts.length ?? 0 }));
    list.append(...cards);
    more.hidden = list.childElementCount >= found.length;
  };
  section.append(element("p", { class: "note" }, note),
    element("div", { class: "bar" }, element("div", { class: "search" }, field), scale()), count, list, more);
  find("");
}

/* The sentences that have most of the typed words, in the order of the text among equals. */
function matching(typed, spelled, ids, starts, lengths) {
  const everything = lengths.map((_, sentence) => ({ sentence, hits: 0 }));
  if (!typed.length) return everything;
  const wanted = [...new Set(typed)];
  for (const each of everything) {
    const from = starts[each.sentence];
    const own = new Set(ids.slice(from, from + lengths[each.sentence]).map((id) => spelled[id]));
    each.hits = wanted.filter((word) => own.has(word)).length;
  }
  return everything.filter((each) => each.hits).sort((one, other) => other.hits - one.hits);
}

function card(start, length, { ids, models, vocabulary, known }) {
  const own = ids.slice(start, start + length);
  const rows = models.map(({ name, bits }) => {
    const surprisals = bits.slice(start, start + length).map((tenths) => tenths / 10);
    const mean = surprisals.reduce((sum, each) => sum + each, 0) / length;
    return element("div", { class: "line", "data-model": name },
      element("span", { class: "model" }, name, element("small", {}, `perplexity ${plain(2 ** mean)}`)),
      element("p", {}, ...own.flatMap((id, i) => [surprising(vocabulary[id], surprisals[i], id, known), " "])));
  });
  return element("article", {}, ...rows);
}

function surprising(word, bits, id, known) {
  const made = element("span", { class: "word", title: `${word}: ${bits.toFixed(1)} bits` }, word);
  made.style.background = colourOf(bits);
  if (id < known) {
    made.addEventListener("click", () => {
      document.getElementById("words").dispatchEvent(new CustomEvent("word", { detail: id }));
    });
  }
  return made;
}

const colourOf = (bits) => `rgba(213, 94, 0, ${(0.85 * Math.min(1, bits / MOST_BITS)).toFixed(2)})`;

function scale() {
  const steps = [0, 2, 4, 8, 12, 16].map((bits) => {
    const step = element("span", { class: "word" }, bits === MOST_BITS ? `${bits}+` : String(bits));
    step.style.background = colourOf(bits);
    return step;
  });
  return element("div", { class: "scale" }, "bits of surprisal", ...steps);
}
