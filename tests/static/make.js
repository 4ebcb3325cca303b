/** Events, as the gateway tells them. */
export const NOON = 1_790_000_000; // Unix seconds

export const makeEvent = (Seq, more = {}) => ({
  EvtType: "message",
  User: "ann",
  Uid: "uid-ann",
  Timestamp: NOON + Seq,
  Text: `line ${Seq}`,
  Room: "lobby",
  Seq,
  ...more,
});

export const makeEvents = (from, to, more) => Array.from({ length: to - from + 1 }, (_, at) => makeEvent(from + at, more));
export const seqs = (events) => events.map((event) => event.Seq);
export const range = (from, to) => seqs(makeEvents(from, to));

/** A Storage. */
export class Shelf {
  items = new Map();
  getItem = (name) => this.items.get(name) ?? null;
  setItem = (name, text) => void this.items.set(name, text);
}
