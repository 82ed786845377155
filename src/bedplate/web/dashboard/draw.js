// Small pieces that every view is made of. Text goes in as text, never as markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

// Draw anew only what has changed: focus, selection and scrolling stay.
export function redraw(element, value, draw) {
  const text = JSON.stringify(value);
  if (element.shown === text) return;
  element.shown = text;
  const spots = () => [...element.querySelectorAll("a, button, input, summary, [tabindex]")];
  const focused = spots().indexOf(document.activeElement);
  fill(element, draw(value));
  if (focused >= 0) spots()[focused]?.focus({ preventScroll: true });
}

export const card = (title, ...inside) => {
  const id = `card-${title.toLowerCase().replace(/\W+/g, "-")}`;
  return h("section", { class: "card", "aria-labelledby": id }, h("h2", { id }, title), inside);
};

export const loading = (lines = 3) =>
  h(
    "div",
    { class: "loading", "aria-busy": "true" },
    h("span", { class: "unseen" }, "Loading…"),
    Array.from({ length: lines }, () => h("div", { class: "bar" })),
  );

export const empty = (title, text, command) =>
  h(
    "div",
    { class: "empty" },
    h("p", { class: "empty-title" }, title),
    h("p", {}, text),
    command && h("p", {}, h("code", {}, command)),
  );

export const failure = (error) =>
  h(
    "div",
    { class: "failure", role: "alert" },
    h("p", { class: "empty-title" }, error.status === 503 ? "The database is not available" : "That did not work"),
    h("p", {}, error.message),
    error.status === 503 || error.status === 0
      ? h("p", { class: "muted" }, "It is asked again by itself.")
      : null,
  );

export const badge = (status) => h("span", { class: "badge", "data-kind": status }, status);

export function table(columns, rows) {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": columns.label },
    h(
      "table",
      { class: columns.kind },
      h("thead", {}, h("tr", {}, columns.map(([name, kind]) => h("th", { scope: "col", class: kind }, name)))),
      h(
        "tbody",
        {},
        rows.map((cells) =>
          h("tr", {}, cells.map((cell, place) => h("td", { class: columns[place][1], "data-name": columns[place][0] }, cell ?? "–"))),
        ),
      ),
    ),
  );
}

export const labelled = (columns, label, kind) => Object.assign(columns, { label, kind });

// Numbers and times, as a person reads them.

const whole = new Intl.NumberFormat("en");
export const count = (value) => (value == null ? "–" : whole.format(value));
export const number = (value) => {
  if (value == null || typeof value === "string") return value ?? "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
  return new Intl.NumberFormat("en", { maximumSignificantDigits: 4 }).format(value);
};
export const percent = (part) => (part == null ? "–" : `${Math.round(part * 100)} %`);

export function duration(seconds) {
  if (seconds == null) return "–";
  if (seconds === 0) return "0 s";
  if (seconds < 1e-3) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${number(Number((seconds * 1e3).toPrecision(3)))} ms`;
  if (seconds < 120) return `${number(Number(seconds.toPrecision(3)))} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

export function bytes(size) {
  if (size == null) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  const place = size && Math.min(4, Math.floor(Math.log10(size) / 3));
  return `${number(Number((size / 1000 ** place).toPrecision(3)))} ${units[place]}`;
}

export function ago(text) {
  const when = new Date(text);
  const seconds = (Date.now() - when) / 1000;
  const shown =
    seconds < 5 ? "now"
    : seconds < 60 ? `${Math.round(seconds)} s ago`
    : seconds < 3600 ? `${Math.round(seconds / 60)} min ago`
    : seconds < 86400 ? `${Math.round(seconds / 3600)} h ago`
    : when.toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
  return h("time", { datetime: text, title: when.toLocaleString("en") }, shown);
}
