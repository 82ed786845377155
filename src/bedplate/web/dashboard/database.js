// What an operator looks at: health, schema, sizes, slow statements, settings.
import { ask, every } from "./api.js";
import { ago, bytes, card, count, duration, empty, fill, h, labelled, loading, redraw, table } from "./draw.js";
import { pulse } from "./pulse.js";

export function database(root, { failed }) {
  const health = h("div", {}, loading(3));
  const schema = h("div", {}, loading(2));
  const statements = h("div", {}, loading(5));
  const tables = h("div", {}, loading(5));
  const settings = h("div", {}, loading(3));
  fill(
    root,
    h("div", { class: "halves" }, card("Health", health), card("Schema", schema)),
    card("Statements that took the longest", statements),
    card("Tables", tables),
    card("Settings in force", settings),
  );

  const deaf = pulse.heard(() => {
    if (pulse.health) redraw(health, pulse.health.checks, checks);
    if (pulse.summary) redraw(statements, pulse.summary.queries.statements, slow);
  });
  const polls = [
    every(10, async () => redraw(schema, await ask("metrics/database/schema"), state), failed),
    every(30, async () => redraw(tables, await ask("metrics/database/tables"), sizes), failed),
    every(300, async () => redraw(settings, await ask("metrics/database/config"), inForce), failed),
  ];
  return { stop: () => (deaf(), polls.forEach((poll) => poll.stop())) };
}

const checks = (found) =>
  h(
    "ul",
    { class: "plain checks" },
    found.map((check) => h("li", { "data-kind": check.ok ? "good" : "bad" }, h("span", { class: "mark", role: "img", "aria-label": check.ok ? "in order" : "not in order" }, check.ok ? "✓" : "!"), h("span", {}, h("span", { class: "name" }, check.name), " ", h("span", { class: "muted" }, check.message)))),
  );

const state = (found) => [
  h(
    "p",
    { class: "big", "data-kind": found.at_head ? "good" : "bad" },
    found.half_step
      ? `At ${found.current ?? "base"}, and ${found.half_step}`
      : found.at_head
        ? `At ${found.current}, up to date`
        : `At ${found.current ?? "base"}, this program needs ${found.head}`,
  ),
  !found.at_head && h("p", {}, h("code", {}, "bedplate upgrade")),
  found.applied.length > 0 &&
    h(
      "ol",
      { class: "steps" },
      found.applied.slice(-5).reverse().map((step) => h("li", { "data-kind": "completed" }, h("span", { class: "name" }, step.description ?? step.version), " ", h("span", { class: "muted" }, ago(step.applied_at)))),
    ),
];

const unfolded = new Set(); // they are drawn anew every two seconds, and stay open

const statement = ({ statement: text, plan }) =>
  h(
    "details",
    { class: "statement", open: unfolded.has(text), ontoggle: ({ target }) => (target.open ? unfolded.add(text) : unfolded.delete(text)) },
    h("summary", {}, h("code", {}, text)),
    plan ? [h("p", { class: "muted" }, "How the database went about the first slow one:"), h("pre", {}, plan)] : null,
  );

const slow = (found) =>
  found.length === 0
    ? empty("No statement was run yet", "What this process sends to the database is counted here by its shape.")
    : table(
        labelled([["Statement", "code"], ["Run", "number"], ["Total", "number"], ["Half within", "number"], ["95 % within", "number"], ["Longest", "number"], ["Slow", "number"], ["Rows", "number"], ["Errors", "number"]], "Statements"),
        found.map((one) => [statement(one), count(one.count), duration(one.total), duration(one.p50), duration(one.p95), duration(one.longest), h("span", { "data-kind": one.slow ? "warn" : "" }, count(one.slow)), count(one.rows), count(one.errors)]),
      );

function sizes({ since, tables }) {
  const most = Math.max(1, ...tables.map((one) => one.bytes ?? one.rows));
  const known = tables.some((one) => one.bytes != null);
  const sorted = [...tables].sort((a, b) => (b.bytes ?? b.rows) - (a.bytes ?? a.rows) || b.rows - a.rows);
  const row = (one) => {
    const grown = one.rows - one.rows_first;
    return [
      h("span", { class: "name" }, one.name),
      h("meter", { max: most, value: one.bytes ?? one.rows, "aria-label": `Share of ${one.name}` }),
      count(one.rows),
      grown ? h("span", { class: "grown" }, `${grown > 0 ? "+" : "−"}${count(Math.abs(grown))}`) : "0",
      ...(known ? [bytes(one.bytes)] : []),
    ];
  };
  const columns = [["Table", "name"], [known ? "Size" : "Rows", "share"], ["Rows", "number"], ["Grown", "number"], ...(known ? [["On disk", "number"]] : [])];
  return [
    table(labelled(columns, "Tables"), sorted.filter((one) => one.rows).map(row)),
    h("p", { class: "muted" }, `Grown since ${new Date(since).toLocaleTimeString("en")}. `, `${sorted.filter((one) => !one.rows).length} tables are empty.`),
  ];
}

const inForce = (found) =>
  h(
    "details",
    {},
    h("summary", {}, `${found.length} variables, without secrets`),
    table(
      labelled([["Variable", "name"], ["Value", "value"], ["Meaning", "message"]], "Settings", "settings"),
      found.map((one) => [h("code", {}, one.variable), one.value === null ? "unset" : String(one.value), one.meaning]),
    ),
  );
