// Workflows, where each stands, and how it came there.
import { ask, every } from "./api.js";
import { ago, badge, card, empty, fill, h, loading, redraw } from "./draw.js";

export function workflows(root, { failed }) {
  const filter = h(
    "select",
    { id: "status", onchange: () => ((pages = 1), poll.now()) },
    [["", "All"], ...["pending", "running", "completed", "failed"].map((s) => [s, s])].map(([value, name]) => h("option", { value }, name)),
  );
  const list = h("div", {}, loading(4));
  const open = new Map(); // id -> its history
  let pages = 1;
  fill(root, card("All workflows", h("div", { class: "bar-of-tools" }, h("label", { for: "status" }, "Status "), filter), list));

  const one = (flow) => {
    const steps = h("div", {}, loading(1));
    const details = h(
      "details",
      {
        open: open.has(flow.id),
        ontoggle: async () => {
          if (!details.open) return open.delete(flow.id);
          try {
            const found = await ask(`api/workflows/${flow.id}/history?limit=1000`);
            open.set(flow.id, true);
            fill(steps, story(flow, found.items));
          } catch (error) {
            failed(error);
          }
        },
      },
      h(
        "summary",
        {},
        h("span", { class: "name" }, flow.workflow_name),
        badge(flow.status),
        h("span", { class: "muted" }, flow.current_step ?? ""),
        h("span", { class: "when" }, ago(flow.updated_at)),
      ),
      steps,
    );
    return h("li", {}, details);
  };

  const poll = every(
    3,
    async () => {
      const found = await ask(`api/workflows?limit=${Math.min(1000, 25 * pages)}${filter.value && `&status=${filter.value}`}`);
      redraw(list, [filter.value, found], ([status, { items, next }]) =>
        items.length
          ? [
              h("ul", { class: "plain flows" }, items.map(one)),
              next && pages < 40 && h("button", { type: "button", onclick: () => (pages++, poll.now()) }, "Older workflows"),
            ]
          : empty(status ? `No workflow is ${status}` : "No workflows yet", "What agents do in steps appears here, with its history.", "POST /api/workflows"),
      );
    },
    failed,
  );
  return { stop: poll.stop };
}

const story = (flow, steps) => [
  flow.error_message && h("p", { class: "complaint" }, flow.error_message),
  steps.length
    ? h(
        "ol",
        { class: "steps" },
        steps.map((step) => h("li", { "data-kind": step.status }, h("span", { class: "name" }, step.step ?? step.status), " ", h("span", { class: "muted" }, step.status, " · ", ago(step.created_at)), step.message && h("p", {}, step.message))),
      )
    : h("p", { class: "muted" }, "Nothing has happened to it yet."),
  flow.data != null && h("details", {}, h("summary", {}, "Data"), h("pre", {}, JSON.stringify(flow.data, null, 2))),
];
