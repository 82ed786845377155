// Asking the server, and asking it again.

export class Refused extends Error {
  constructor(status, message, seconds) {
    super(message);
    this.status = status;
    this.seconds = seconds;
  }
}

export async function ask(path, { method = "GET", body, signal } = {}) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "The server does not answer.", 2);
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  throw new Refused(
    answer.status,
    await told(answer),
    Number(answer.headers.get("Retry-After")) || 2,
  );
}

async function told(answer) {
  try {
    const { detail } = await answer.json();
    if (typeof detail === "string") return sentence(detail);
    return detail.map((wrong) => `${wrong.loc.slice(1).join(".")}: ${wrong.msg}`).join("; ");
  } catch {
    return `The server answered ${answer.status}.`;
  }
}

const sentence = (text) =>
  text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

// The first characters of a text, which may be a hundred megabytes long.
export async function beginning(path, characters) {
  const stop = new AbortController();
  const answer = await fetch(path, { signal: stop.signal });
  if (!answer.ok) throw new Refused(answer.status, await told(answer), 2);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.length < characters) {
    const { done, value } = await reader.read();
    if (done) return { text, more: false };
    text += value;
  }
  stop.abort();
  return { text: text.slice(0, characters), more: true };
}

// Call `act` now and every so often, while the page can be seen. An error is handed to
// `failed`, and asked again after as long as the server says.
export function every(seconds, act, failed) {
  let timer, stopped = false, at = 0;
  async function turn() {
    clearTimeout(timer);
    if (stopped || document.hidden) return;
    let pause = seconds;
    try {
      await act();
    } catch (error) {
      if (error.name !== "AbortError") {
        pause = Math.max(seconds, error.seconds ?? seconds);
        failed(error);
      }
    }
    at = Date.now() + pause * 1000;
    if (!stopped) timer = setTimeout(turn, pause * 1000);
  }
  const seen = () => {
    if (!document.hidden && Date.now() > at - 200) turn();
    else if (!document.hidden) timer = setTimeout(turn, at - Date.now());
  };
  document.addEventListener("visibilitychange", seen);
  turn();
  return {
    now: turn,
    stop() {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}
