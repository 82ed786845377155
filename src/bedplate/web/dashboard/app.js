// The frame: which view is shown, who is logged in, and what is asked all the time.
import { ask, every, Refused } from "./api.js";
import { recolour } from "./chart.js";
import { failure, fill, h, redraw } from "./draw.js";
import { database } from "./database.js";
import { jobs } from "./jobs.js";
import { overview } from "./overview.js";
import { pulse } from "./pulse.js";
import { corpus, generate } from "./texts.js";
import { workflows } from "./workflows.js";

const VIEWS = [
  ["overview", "Overview", overview],
  ["jobs", "Jobs", jobs],
  ["corpus", "Corpus", corpus],
  ["generate", "Generate", generate],
  ["workflows", "Workflows", workflows],
  ["database", "Database", database],
];

const main = document.getElementById("main");
const state = document.getElementById("state");
const leave = document.getElementById("leave");
let shown, heart;

export const announce = (text) => (document.getElementById("announce").textContent = text);

function say(kind, text, version = "") {
  state.dataset.kind = kind;
  redraw(document.getElementById("state-text"), [text, version], () => [text, h("span", { class: "version" }, version)]);
}

function show(focus) {
  const wanted = location.hash.slice(1) || "overview";
  const [name, title, view] = VIEWS.find(([known]) => known === wanted) ?? VIEWS[0];
  shown?.stop();
  document.title = `${title} · Bedplate`;
  for (const link of document.querySelectorAll("#views a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const heading = h("h1", { tabindex: "-1" }, title);
  const body = h("div", { class: "view" });
  fill(main, heading, body);
  shown = view(body, { failed, announce });
  if (focus) heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

// What a view could not get: say so above what it still shows.
function failed(error) {
  if (error instanceof Refused && error.status === 401) return void logIn();
  if (!(error instanceof Refused)) console.error(error);
  const body = main.querySelector(".view");
  const notice = failure(error);
  notice.id = "failure";
  document.getElementById("failure")?.remove();
  body?.before(notice);
}

const recovered = () => document.getElementById("failure")?.remove();

async function beat() {
  const health = await ask("metrics/database/health");
  const kinds = { ok: "good", degraded: "warn", unreachable: "bad" };
  const name = { ok: "Connected", degraded: "Needs attention", unreachable: "Unreachable" };
  const version = health.server_version ? ` · ${health.database} ${health.server_version}` : "";
  say(kinds[health.status], name[health.status], version);
  pulse.health = health;
  pulse.tell();
  if (health.status !== "unreachable") recovered();
}

function start() {
  leave.hidden = !start.guarded;
  main.classList.remove("login");
  document.querySelector("nav").hidden = false;
  heart?.forEach((one) => one.stop());
  const lost = (error) => {
    say("bad", error.status ? "Unreachable" : "The server does not answer");
    failed(error);
  };
  heart = [
    every(5, beat, lost),
    every(2, async () => pulse.add(await ask("metrics/performance/summary")), lost),
  ];
  show(false);
}

function logIn() {
  heart?.forEach((one) => one.stop());
  shown?.stop();
  shown = undefined;
  leave.hidden = true;
  document.querySelector("nav").hidden = true;
  say("waiting", "Locked");
  const field = h("input", {
    id: "token", name: "token", type: "password", required: true, autocomplete: "current-password", "aria-describedby": "token-hint",
  });
  const complaint = h("p", { class: "complaint", role: "alert" });
  const form = h(
    "form",
    {
      class: "card door",
      onsubmit: async (event) => {
        event.preventDefault();
        try {
          await ask("api/session", { method: "POST", body: { token: field.value } });
          start();
        } catch (error) {
          complaint.textContent = error.message;
          field.select();
        }
      },
    },
    h("h1", {}, "Log in"),
    h("label", { for: "token" }, "Token"),
    field,
    h("p", { id: "token-hint", class: "muted" }, "The one that the server was started with, in BEDPLATE_API_TOKEN."),
    complaint,
    h("button", { class: "primary" }, "Log in"),
  );
  main.classList.add("login");
  document.title = "Log in · Bedplate";
  fill(main, form);
  field.focus();
}

function themes() {
  const button = document.getElementById("theme");
  const next = { auto: "light", light: "dark", dark: "auto" };
  const now = () => document.documentElement.dataset.theme ?? "auto";
  const name = () => {
    button.textContent = { auto: "◐ Auto", light: "☀ Light", dark: "☾ Dark" }[now()];
    button.setAttribute("aria-label", `Theme: ${now()}. Change to ${next[now()]}.`);
  };
  button.addEventListener("click", () => {
    const chosen = next[now()];
    if (chosen === "auto") {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem("bedplate-theme");
    } else {
      document.documentElement.dataset.theme = chosen;
      localStorage.setItem("bedplate-theme", chosen);
    }
    name();
    recolour();
  });
  name();
}

fill(
  document.getElementById("views"),
  VIEWS.map(([name, title]) => h("li", {}, h("a", { href: `#${name}` }, title))),
);
themes();
addEventListener("hashchange", () => shown && show(true));
leave.addEventListener("click", async () => {
  await ask("api/session", { method: "DELETE" });
  logIn();
});

try {
  const session = await ask("api/session");
  start.guarded = session.needed;
  if (session.valid) start();
  else logIn();
} catch (error) {
  say("bad", "The server does not answer");
  fill(main, failure(error));
}
