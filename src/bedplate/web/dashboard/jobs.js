// Training jobs, how far each is, and their curves laid over one another.
import { ask, every } from "./api.js";
import { chart, SERIES } from "./chart.js";
import { ago, badge, card, count, empty, fill, h, labelled, loading, number, redraw, table } from "./draw.js";

const MOST = SERIES.length;

export const progress = (job) =>
  h(
    "span",
    { class: "progress" },
    h("progress", { max: 100, value: job.progress, "aria-label": `Progress of ${job.job_id}` }),
    h("span", { class: "share" }, `${Math.floor(job.progress)} %`),
  );

const claimed = (job) =>
  job.worker && h("p", { class: "muted" }, `${job.worker}, attempt ${job.attempts} of ${job.max_attempts}`);

export function jobs(root, { failed, announce }) {
  const chosen = new Map(); // job_id -> place of its colour
  const known = new Map(); // job_id -> status, to tell of changes
  let touched = false, before = null, older = [];

  const filter = h(
    "select",
    { id: "status", onchange: () => ((older = []), poll.now()) },
    [["", "All"], ...["pending", "running", "completed", "failed", "cancelled"].map((s) => [s, s])].map(([value, name]) => h("option", { value }, name)),
  );
  const list = h("tbody");
  const more = h("button", { type: "button", hidden: true, onclick: older_ }, "Older jobs");
  const place = h("div", {}, loading(4));
  const curves = drawCurves(failed);
  const full = h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": "Jobs" },
    h(
      "table",
      { class: "jobs" },
      h("thead", {}, h("tr", {}, ["Curve", "Job", "Status", "Progress", "Message", "Changed"].map((name) => h("th", { scope: "col" }, name)))),
      list,
    ),
  );
  fill(
    root,
    card("Curves", curves.box),
    card("All jobs", h("div", { class: "bar-of-tools" }, h("label", { for: "status" }, "Status "), filter), place, more),
  );

  async function older_() {
    const found = await ask(`api/jobs?limit=25&before=${before}${filter.value && `&status=${filter.value}`}`);
    older.push(...found.items);
    before = found.next;
    more.hidden = before == null;
    draw(shown);
  }

  let shown = [];
  function draw(items) {
    shown = items;
    const all = [...items, ...older];
    if (!all.length) {
      redraw(place, filter.value, (status) => empty(status ? `No job is ${status}` : "No jobs yet", "One that is started anywhere appears here by itself.", "bedplate train"));
      curves.choose(new Map());
      return;
    }
    if (!full.isConnected) {
      fill(place, full);
      place.shown = undefined;
    }
    if (!touched) firstChoice(all);
    const rows = new Map([...list.children].map((row) => [row.dataset.job, row]));
    list.replaceChildren(...all.map((job) => row(job, rows.get(job.job_id))));
    curves.choose(chosen, new Set(all.filter((job) => job.status === "running").map((job) => job.job_id)));
  }

  function firstChoice(all) {
    const begun = all.filter((job) => job.status !== "pending");
    const [now, past] = [true, false].map((is) => begun.filter((job) => (job.status === "running") === is));
    const some = [...now, ...past].slice(0, 3);
    const same = some.every((job) => chosen.has(job.job_id)) && some.length === chosen.size;
    if (same) return;
    chosen.clear();
    some.forEach((job, index) => chosen.set(job.job_id, index));
  }

  function row(job, old) {
    const key = JSON.stringify([job, chosen.get(job.job_id)]);
    if (old?.key === key) return old;
    const fresh = old ?? h("tr", { "data-job": job.job_id });
    const focused = old?.contains(document.activeElement);
    const box = h("input", {
      type: "checkbox",
      checked: chosen.has(job.job_id),
      "aria-label": `Show the curves of ${job.job_id}`,
      onchange: (event) => choose(job.job_id, event.target),
    });
    const colour = chosen.has(job.job_id) ? `k${chosen.get(job.job_id)}` : "";
    fill(
      fresh,
      h("td", {}, h("label", { class: `tick ${colour}` }, box)),
      h("th", { scope: "row", class: "name" }, job.job_id),
      h("td", {}, badge(job.status)),
      h("td", {}, progress(job)),
      h("td", { class: "message" }, job.error ?? job.message ?? "", claimed(job)),
      h("td", { class: "when" }, ago(job.updated_at)),
    );
    if (focused) box.focus();
    fresh.key = key;
    return fresh;
  }

  function choose(job, box) {
    touched = true;
    if (!box.checked) chosen.delete(job);
    else if (chosen.size >= MOST) {
      box.checked = false;
      announce(`Not more than ${MOST} curves at once.`);
    } else {
      const taken = new Set(chosen.values());
      chosen.set(job, SERIES.findIndex((_, index) => !taken.has(index)));
    }
    draw(shown);
  }

  const poll = every(
    2,
    async () => {
      const found = await ask(`api/jobs?limit=25${filter.value && `&status=${filter.value}`}`);
      for (const job of found.items) {
        const last = known.get(job.job_id);
        if (last && last !== job.status) announce(`Job ${job.job_id} is ${job.status}.`);
        known.set(job.job_id, job.status);
      }
      if (!older.length) before = found.next;
      more.hidden = before == null;
      draw(found.items.filter((job) => !older.some((one) => one.job_id === job.job_id)));
    },
    failed,
  );
  return { stop: () => (poll.stop(), curves.stop()) };
}

function drawCurves(failed) {
  const metric = h("select", { id: "metric", onchange: draw });
  const plot = chart("Metrics", { height: 280, format: number });
  const words = h("div");
  const inNumbers = h("details", {}, h("summary", {}, "The same in numbers"), words);
  const tools = h("div", { class: "bar-of-tools" }, h("label", { for: "metric" }, "Metric "), metric);
  const inside = h("div", {}, loading(3));
  const found = new Map();
  let chosen = new Map(), working = new Set(), asked = "";

  async function read(again) {
    const wanted = [...chosen.keys()].filter((job) => again(job));
    await Promise.all(
      wanted.map(async (job) => found.set(job, await ask(`api/metrics/${encodeURIComponent(job)}/curves?points=400`))),
    );
    draw();
  }

  function draw() {
    const names = [...new Set([...chosen.keys()].flatMap((job) => Object.keys(found.get(job) ?? {})))].sort();
    if (!names.length) {
      redraw(inside, chosen.size, (size) =>
        size ? empty("Nothing was measured yet", "What a job measures is drawn here as it comes.") : empty("No job is chosen", "Tick jobs below to lay their curves over one another."),
      );
      return;
    }
    const before = metric.value;
    if (metric.dataset.names !== names.join()) {
      fill(metric, names.map((name) => h("option", { value: name }, name)));
      metric.dataset.names = names.join();
      metric.value = names.includes(before) ? before : names.find((name) => /loss|bits/.test(name)) ?? names[0];
    }
    if (!plot.box.isConnected) {
      inside.shown = undefined;
      fill(inside, tools, plot.box, inNumbers);
    }
    const drawn = [...chosen].filter(([job]) => found.get(job)?.[metric.value]);
    const tables = drawn.map(([job]) => {
      const { steps, values } = found.get(job)[metric.value];
      return [steps, values.map((value) => (typeof value === "number" ? value : null))];
    });
    const data = tables.length ? uPlot.join(tables) : [[], []];
    const latest = drawn.map(([job], index) => [job, found.get(job)[metric.value], tables[index][1].filter((v) => v != null)]);
    plot.set(
      data,
      drawn.map(([job, place]) => ({ label: job.length > 24 ? `${job.slice(0, 8)}…` : job, colour: SERIES[place] })),
      `${metric.value} against step. ${latest.map(([job, curve]) => `${job}: ${number(curve.values.at(-1))} at step ${curve.steps.at(-1)}`).join("; ")}.`,
    );
    redraw(words, [metric.value, latest], ([name, rows]) =>
      table(
        labelled([["Job", "name"], ["Values", "number"], ["First", "number"], ["Least", "number"], ["Most", "number"], ["Latest", "number"]], `${name} of the chosen jobs`),
        rows.map(([job, curve, finite]) => [job, count(curve.count), number(curve.values[0]), number(finite.length ? Math.min(...finite) : null), number(finite.length ? Math.max(...finite) : null), number(curve.values.at(-1))]),
      ),
    );
  }

  const again = every(3, () => read((job) => working.has(job)), failed);
  return {
    box: inside,
    choose(jobs, running = new Set()) {
      // One last time for a job that has just ended.
      const ended = [...working].filter((job) => !running.has(job));
      [chosen, working] = [jobs, running];
      const key = JSON.stringify([...jobs]);
      if (key === asked && !ended.length) return;
      asked = key;
      read((job) => !found.has(job) || ended.includes(job)).catch(failed);
    },
    stop: () => (again.stop(), plot.drop()),
  };
}
