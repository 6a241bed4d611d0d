"use strict";

const WHEEL_SPEED = 0.0016, STEP = 1.4, MARGINS = { left: 8, right: 8, top: 8, bottom: 8 };

/* The part of a plane that a drawing shows; whoever looks moves and zooms it.
   `world` is the whole plane, {x: [low, high], y: [low, high]}; `draw` is called whenever something moved.
   A wheel zooms once the drawing has the focus, so that a page scrolls past it. */
class View {
  constructor(svg, world, draw, { square = false, margins = MARGINS } = {}) {
    Object.assign(this, { svg, world, draw, square, margins, pointers: new Map(), moved: 0 });
    svg.setAttribute("tabindex", "0");
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      svg.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
    svg.addEventListener("dblclick", () => this.show(this.world));
    svg.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.fit()).observe(svg);
    this.show(world);
  }

  /* Show this part of the plane, at least. */
  show(world) {
    this.wanted = world;
    this.fit();
  }

  fit() {
    const { left, right, top, bottom } = this.margins;
    this.width = Math.max(1, this.svg.clientWidth - left - right);
    this.height = Math.max(1, this.svg.clientHeight - top - bottom);
    this.x = [...this.wanted.x];
    this.y = [...this.wanted.y];
    if (this.square) {
      const unit = Math.max((this.x[1] - this.x[0]) / this.width, (this.y[1] - this.y[0]) / this.height);
      this.x = around(this.x, unit * this.width);
      this.y = around(this.y, unit * this.height);
    }
    this.changed();
  }

  changed() {
    this.wanted = { x: this.x, y: this.y };
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = null;
      this.draw(this);
    });
  }

  left(x) { return this.margins.left + (x - this.x[0]) / (this.x[1] - this.x[0]) * this.width; }
  top(y) { return this.margins.top + (this.y[1] - y) / (this.y[1] - this.y[0]) * this.height; }
  xAt(left) { return this.x[0] + (left - this.margins.left) / this.width * (this.x[1] - this.x[0]); }
  yAt(top) { return this.y[1] - (top - this.margins.top) / this.height * (this.y[1] - this.y[0]); }

  place(event) {
    const box = this.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /* Zoom in by a factor; what is at a place stays there. */
  zoom(factor, place = [this.margins.left + this.width / 2, this.margins.top + this.height / 2]) {
    const [x, y] = [this.xAt(place[0]), this.yAt(place[1])];
    this.x = this.x.map((bound) => x + (bound - x) / factor);
    this.y = this.y.map((bound) => y + (bound - y) / factor);
    this.changed();
  }

  pan(right, down) {
    const [dx, dy] = [right * (this.x[1] - this.x[0]) / this.width, down * (this.y[1] - this.y[0]) / this.height];
    this.x = this.x.map((bound) => bound - dx);
    this.y = this.y.map((bound) => bound + dy);
    this.changed();
  }

  wheel(event) {
    if (document.activeElement !== this.svg && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * WHEEL_SPEED * (event.deltaMode ? 30 : 1)), this.place(event));
  }

  press(event) {
    this.moved = this.pointers.size ? Infinity : 0;
    this.pointers.set(event.pointerId, this.place(event));
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.place(event);
    const others = [...this.pointers.keys()].filter((id) => id !== event.pointerId);
    this.pointers.set(event.pointerId, now);
    this.moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    const share = 1 / this.pointers.size;
    this.pan((now[0] - before[0]) * share, (now[1] - before[1]) * share);
    for (const id of others) {
      const other = this.pointers.get(id);
      const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
      const far = (place) => Math.max(20, Math.hypot(place[0] - other[0], place[1] - other[1]));
      this.zoom(far(now) / far(before), middle);
    }
  }

  /* Whether the pointer was pressed and let go at one place. */
  get clicked() { return this.moved < 5; }

  key(event) {
    const far = 60, moves = { ArrowLeft: [far, 0], ArrowRight: [-far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] };
    if (event.key in moves) this.pan(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoom(STEP);
    else if (event.key === "-") this.zoom(1 / STEP);
    else if (event.key === "0") this.show(this.world);
    else return;
    event.preventDefault();
  }

  buttons() {
    const button = (text, title, click) => element("button", { type: "button", title, "aria-label": title, click }, text);
    return element("div", { class: "zoom" },
      button("+", "Zoom in", () => this.zoom(STEP)),
      button("−", "Zoom out", () => this.zoom(1 / STEP)),
      button("⤢", "Show all", () => this.show(this.world)));
  }
}

/* Make a range as wide as `size` around its middle. */
function around([low, high], size) {
  const middle = (low + high) / 2;
  return [middle - size / 2, middle + size / 2];
}
