// How it is, at a glance.
import { ask, every } from "./api.js";
import { chart } from "./chart.js";
import { bytes, card, count, duration, empty, fill, h, loading, number, percent, redraw } from "./draw.js";
import { progress } from "./jobs.js";
import { pulse } from "./pulse.js";

const POOL = "Connections of the pool";
const RATE = "Statements a second";

export function overview(root, { failed }) {
  const tiles = h("div", { class: "tiles" }, loading(1));
  const pool = chart(POOL, { time: true, height: 200, format: number, whole: true });
  const rate = chart(RATE, { time: true, height: 200, format: number });
  const running = h("div", {}, loading(2));
  const holders = h("div");
  fill(
    root,
    tiles,
    holders,
    h("div", { class: "halves" }, card(POOL, pool.box), card(RATE, rate.box)),
    card("Jobs at work", running),
  );

  const deaf = pulse.heard(() => {
    const { summary, health, points } = pulse;
    if (!summary) return;
    redraw(tiles, facts(summary, health, points.at(-1)), (found) => found.map(tile));
    redraw(holders, summary.pool.long_holders.map(({ seconds, ...kept }) => kept), (found) => held(found, summary.pool.long_holders));
    const at = points.map((point) => point.at);
    pool.set(
      [at, points.map((p) => p.used), points.map((p) => p.idle), points.map((p) => p.waiting)],
      [
        { label: "In use", colour: "--s1", area: true },
        { label: "Idle", colour: "--s3" },
        { label: "Waiting", colour: "--s2" },
      ],
      `Connections over the last minutes. Now ${summary.pool.checked_out} in use, ${summary.pool.idle} idle, ${summary.pool.waiting} waiting.`,
    );
    const now = points.at(-1).rate;
    rate.set([at, points.map((p) => p.rate)], [{ label: "Statements/s", colour: "--s1", area: true }], `Statements a second over the last minutes. Now ${number(now ?? 0)}.`);
  });

  const poll = every(
    2,
    async () => {
      const found = await ask("api/jobs?status=running&limit=5");
      redraw(running, found.items, (items) =>
        items.length
          ? h("ul", { class: "plain" }, items.map((job) => h("li", { class: "work" }, h("a", { href: "#jobs", class: "name" }, job.job_id), progress(job), h("span", { class: "muted" }, job.message ?? ""))))
          : empty("Nothing is being trained", "A job that is started anywhere appears here by itself.", "bedplate train"),
      );
    },
    failed,
  );
  return {
    stop() {
      deaf();
      poll.stop();
      pool.drop();
      rate.drop();
    },
  };
}

function facts({ pool, queries }, health, point) {
  const waits = pool.wait_seconds;
  return [
    ["Database", health ? { ok: "OK", degraded: "Degraded", unreachable: "Unreachable" }[health.status] : "…", health?.latency_ms != null ? `answers in ${duration(health.latency_ms / 1000)}` : "", kind(health)],
    ["Pool", `${pool.checked_out} / ${pool.capacity ?? "∞"}`, `${percent(pool.hit_rate)} of them reused`, pool.waiting ? "warn" : "", pool.saturation],
    ["Waiting", count(pool.waiting), waits.longest ? `longest so far ${duration(waits.longest)}` : "nobody has waited", pool.waiting ? "warn" : ""],
    ["Statements", `${number(Math.round((point.rate ?? 0) * 10) / 10)} /s`, `95 % within ${duration(queries.seconds.p95)}`],
    ["Errors", count(queries.errors), `of ${count(queries.count)} statements`, queries.errors ? "warn" : ""],
    ["Size", bytes(health?.size_bytes), health?.free_bytes != null ? `${bytes(health.free_bytes)} free` : `schema ${health?.schema_current ?? "–"}`],
  ];
}

const kind = (health) => ({ ok: "good", degraded: "warn", unreachable: "bad" })[health?.status] ?? "";

const tile = ([name, value, about, kind_, part]) =>
  h(
    "div",
    { class: "tile", "data-kind": kind_ ?? "" },
    h("p", { class: "tile-name" }, name),
    h("p", { class: "tile-value" }, value),
    part != null && h("meter", { min: 0, max: 1, high: 0.8, value: part, "aria-label": `${name}: ${percent(part)} in use` }),
    h("p", { class: "muted" }, about),
  );

const held = (found, whole) =>
  found.length === 0
    ? []
    : card(
        "Connections held for long",
        h("ul", { class: "plain" }, whole.map((one) => h("li", {}, h("details", {}, h("summary", {}, `${duration(one.seconds)} by ${one.thread}`), h("pre", {}, one.stack.join("\n")))))),
      );
