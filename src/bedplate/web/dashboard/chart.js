// uPlot in the colours of the page, with words for those who do not see it.
/* global uPlot */
import { h } from "./draw.js";

const living = new Set();
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const SERIES = ["--s1", "--s2", "--s3", "--s4", "--s5", "--s6"];

// What the legend says of a line: its last value, where the pointer is nowhere.
const told = (format) => (plot, value, line, place) => {
  const shown = place == null ? plot.data[line]?.findLast((one) => one != null) : value;
  return shown == null ? "–" : format(shown);
};

// A chart called `name`: `set(data, series, words)` draws; series are
// [{label, colour, area}]. It has words from the start, for who hears it before
// its first data come.
const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en-GB");
const steps = (value) => Intl.NumberFormat("en").format(value);

export function chart(name, { height = 220, time = false, whole = false, format = String } = {}) {
  const box = h("div", { class: "chart", role: "img", "aria-label": `${name}: no data yet` });
  let plot, last, names;

  function build() {
    plot?.destroy();
    const [data, series] = last;
    names = JSON.stringify(series);
    const axis = {
      stroke: colour("--muted"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { stroke: colour("--line"), width: 1 },
      font: "12px system-ui, sans-serif",
    };
    plot = new uPlot(
      {
        width: Math.max(200, box.clientWidth),
        height,
        scales: { x: { time }, y: { range: { min: { pad: 0.1, soft: 0, mode: 2 }, max: { pad: 0.1, soft: 1, mode: 2 } } } },
        axes: [
          { ...axis, space: 90, values: (_, ticks) => ticks.map(time ? clock : steps) },
          { ...axis, size: 56, values: (_, ticks) => ticks.map(format), ...(whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] } : {}) },
        ],
        cursor: { y: false, points: { size: 7 } },
        legend: { live: true },
        series: [
          { label: time ? "Time" : "Step", value: told(time ? clock : steps) },
          ...series.map((one) => ({
            label: one.label,
            stroke: colour(one.colour),
            width: 2,
            fill: one.area ? `color-mix(in srgb, ${colour(one.colour)} 16%, transparent)` : undefined,
            spanGaps: true,
            points: { show: (plot) => plot.data[0].length < 3, size: 5 },
            value: told(format),
          })),
        ],
      },
      data,
      box,
    );
  }

  const self = {
    box,
    set(data, series, words) {
      last = [data, series];
      box.setAttribute("aria-label", words);
      if (!plot || names !== JSON.stringify(series)) build();
      else plot.setData(data);
    },
    rebuild: () => plot && build(),
    drop() {
      living.delete(self);
      watched.unobserve(box);
      plot?.destroy();
    },
    resize: () => plot?.setSize({ width: Math.max(200, box.clientWidth), height }),
  };
  living.add(self);
  box.chart = self;
  watched.observe(box);
  return self;
}

const watched = new ResizeObserver((entries) => entries.forEach(({ target }) => target.chart.resize()));

export const recolour = () => living.forEach((one) => one.rebuild());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
