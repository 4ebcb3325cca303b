/** Events, as the gateway tells them. */
export const NOON = 1_790_000_000; // Unix seconds

export const line = (Seq, more = {}) => ({
  EvtType: "message",
  User: "ann",
  Uid: "uid-ann",
  Timestamp: NOON + Seq,
  Text: `line ${Seq}`,
  Room: "lobby",
  Seq,
  ...more,
});

export const lines = (from, to, more) => Array.from({ length: to - from + 1 }, (_, at) => line(from + at, more));
export const seqs = (events) => events.map((event) => event.Seq);
export const range = (from, to) => seqs(lines(from, to));

/** A Storage. */
export class Shelf {
  items = new Map();
  getItem = (name) => this.items.get(name) ?? null;
  setItem = (name, text) => void this.items.set(name, text);
}
