"use strict";

const SVG = "http://www.w3.org/2000/svg";

/* Make an element. Children that are strings become text, so that no word of a corpus is read as HTML. */
function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/* A row of buttons of which one is pressed; `choose` is called with the number of the next one. */
function choice(label, names, choose, first = 0) {
  const buttons = names.map((name, i) =>
    element("button", { type: "button", "aria-pressed": String(i === first), click: () => press(i) }, name));
  const press = (chosen) => {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === chosen)));
    choose(chosen);
  };
  return element("div", { class: "choice", role: "group", "aria-label": label }, ...buttons);
}

const grouped = (number) => number.toLocaleString("en");

/* What a search ignores: case, and the marks of letters. */
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
