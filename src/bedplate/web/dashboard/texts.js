// Texts: finding them by their words, reading their beginning; and letting a model write.
import { ask, beginning, every } from "./api.js";
import { ago, card, count, empty, failure, fill, h, labelled, loading, table } from "./draw.js";

export function corpus(root, { failed }) {
  const field = h("input", { id: "q", type: "search", name: "q", placeholder: 'night "stormy sea" -rain sail*', autocomplete: "off", "aria-describedby": "q-hint" });
  const hits = h("div", { "aria-live": "polite" });
  const list = h("div", {}, loading(4));
  const reader = h("dialog", { "aria-labelledby": "reader-title" });
  let rows = [], next = null, turn = 0, timer;

  const form = h(
    "form",
    { role: "search", class: "row", onsubmit: (event) => (event.preventDefault(), search()) },
    h("label", { for: "q", class: "unseen" }, "Search the texts"),
    field,
    h("button", { class: "primary" }, "Search"),
  );
  field.addEventListener("input", () => (clearTimeout(timer), (timer = setTimeout(search, 250))));
  fill(root, card("Search", form, h("p", { id: "q-hint", class: "muted" }, "Words that must all occur, “a phrase”, -not, prefix*."), hits), card("All texts", list), reader);

  async function search() {
    clearTimeout(timer);
    const mine = ++turn;
    const words = field.value.trim();
    if (!words) return fill(hits);
    try {
      const found = await ask(`api/search?limit=20&q=${encodeURIComponent(words)}`);
      if (mine !== turn) return;
      fill(hits, found.length ? h("ol", { class: "plain hits" }, found.map(hit)) : empty("Nothing matches", `No text has ${words}.`));
    } catch (error) {
      if (mine === turn) error.status === 401 ? failed(error) : fill(hits, failure(error));
    }
  }

  const hit = (found) =>
    h("li", {}, opener(found.id, found.title), h("p", {}, found.snippet.map((part) => (part.match ? h("mark", {}, part.text) : part.text))));

  const opener = (id, title) => h("button", { type: "button", class: "link", onclick: () => read(id, title) }, title ?? `Text ${id}`);

  async function read(id, title) {
    const text = h("pre", { class: "reading", tabindex: "0" }, "Loading…");
    fill(reader, h("header", {}, h("h2", { id: "reader-title" }, title ?? `Text ${id}`), h("button", { type: "button", class: "quiet", onclick: () => reader.close() }, "Close")), text);
    reader.showModal();
    try {
      const found = await beginning(`api/corpora/${id}/text`, 20_000);
      text.textContent = found.more ? `${found.text}…` : found.text;
    } catch (error) {
      fill(reader.querySelector("pre"), error.message);
    }
  }

  async function page(after) {
    const found = await ask(`api/corpora?limit=25${after ? `&after=${after}` : ""}`);
    rows = after ? [...rows, ...found.items] : found.items;
    next = found.next;
    if (!rows.length) return fill(list, empty("No texts yet", "Add files or whole folders; they can be searched at once.", "bedplate corpus add notes/"));
    const columns = labelled([["Text", "name"], ["Words", "number"], ["Characters", "number"], ["Source", "message"], ["Added", "when"]], "Texts");
    fill(
      list,
      table(columns, rows.map((text) => [opener(text.id, text.title), count(text.word_count), count(text.char_count), text.source, ago(text.created_at)])),
      next && h("button", { type: "button", onclick: () => page(next).catch(failed) }, "Further texts"),
    );
  }

  // Only until it is there: a list that grows under the reader's eyes would jump.
  const first = every(5, async () => (await page(), rows.length && first.stop()), failed);
  return { stop: () => (first.stop(), clearTimeout(timer)) };
}

export function generate(root, { failed, announce }) {
  const prompt = h("textarea", { id: "prompt", rows: 3, placeholder: "It was a dark and" });
  const order = h("input", { id: "order", type: "number", min: 1, max: 32, value: "5", required: true });
  const length = h("input", { id: "length", type: "number", min: 1, max: 20000, value: "400", required: true });
  const seed = h("input", { id: "seed", type: "number", min: 0, placeholder: "any" });
  const button = h("button", { class: "primary" }, "Write");
  const written = h("div", { "aria-live": "polite" });
  const history = h("div", {}, loading(3));
  const labelledField = (name, field) => h("div", { class: "field" }, h("label", { for: field.id }, name), field);

  const form = h(
    "form",
    { onsubmit: (event) => (event.preventDefault(), write()) },
    labelledField("Go on from", prompt),
    h("div", { class: "row" }, labelledField("Order of the model", order), labelledField("Characters", length), labelledField("Seed", seed), button),
  );
  fill(root, card("Let the model write", form, written), card("Written before", history));

  async function write() {
    button.disabled = true;
    fill(written, loading(2));
    const body = { prompt: prompt.value, order: Number(order.value), length: Number(length.value), seed: seed.value === "" ? null : Number(seed.value) };
    try {
      const found = await ask("api/generate", { method: "POST", body });
      fill(written, text(found));
      announce("The text is written.");
      past.now();
    } catch (error) {
      if (error.status === 401) failed(error);
      fill(written, error.status === 404 ? empty("There is no such model", error.message, `bedplate train --order ${order.value}`) : failure(error));
    } finally {
      button.disabled = false;
    }
  }

  const text = (found) => h("blockquote", {}, h("span", { class: "prompt" }, found.prompt), found.response);

  const past = every(
    10,
    async () => {
      const found = await ask("api/generate?limit=10");
      const key = found.items.map((one) => one.id).join();
      if (history.key === key) return;
      history.key = key;
      fill(
        history,
        found.items.length
          ? h("ul", { class: "plain" }, found.items.map((one) => h("li", { class: "past" }, h("p", { class: "muted" }, one.model ?? "", " · ", ago(one.created_at)), text(one))))
          : empty("Nothing was written yet", "Train a model, then let it go on from a few words.", "bedplate train"),
      );
    },
    failed,
  );
  return { stop: past.stop };
}
