// What the pool did in the last minutes, kept while views come and go.

const KEPT = 300; // of 2 s each: ten minutes

class Pulse extends EventTarget {
  points = [];
  summary = null;
  health = null;

  add(summary) {
    const { pool, queries } = summary;
    const now = Date.now() / 1000;
    const last = this.points.at(-1);
    const fresh = last && queries.count >= last.count;
    const seconds = last ? now - last.at : 0;
    this.points.push({
      at: now,
      count: queries.count,
      used: pool.checked_out,
      idle: pool.idle,
      waiting: pool.waiting,
      rate: fresh && seconds ? (queries.count - last.count) / seconds : null,
    });
    this.points.splice(0, this.points.length - KEPT);
    this.summary = summary;
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event("beat"));
  }

  heard(listener) {
    this.addEventListener("beat", listener);
    listener();
    return () => this.removeEventListener("beat", listener);
  }
}

export const pulse = new Pulse();
