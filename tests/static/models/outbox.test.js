import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../../static/js/models/outbox.js";

const NOW = 1_790_000_000_000;
const anywhere = () => true;
const ids = (entries) => entries.map((entry) => entry.id);
const states = (outbox) => outbox.entries.map((entry) => entry.state);

function waiting(...names) {
  const outbox = new Outbox();
  for (const name of names) outbox.add(name, "lobby", `text of ${name}`, 0);
  return outbox;
}

test("messages of a room go one at a time, in order", () => {
  const outbox = waiting("a", "b");
  assert.deepEqual(ids(outbox.due(0, anywhere)), ["a"]);
  outbox.markSent("a");
  assert.deepEqual(ids(outbox.due(0, anywhere)), []);
  outbox.markAccepted("a", 7);
  assert.deepEqual(ids(outbox.due(0, anywhere)), ["b"]);
});

test("rooms do not wait for each other, and nothing goes to a room that is not ready", () => {
  const outbox = waiting("a");
  outbox.add("b", "dev", "text", 0);
  assert.deepEqual(ids(outbox.due(0, anywhere)), ["a", "b"]);
  assert.deepEqual(ids(outbox.due(0, (room) => room === "dev")), ["b"]);
});

test("its own event takes a message out, before the ack or after", () => {
  const outbox = waiting("a", "b");
  outbox.markSent("a");
  outbox.discard("a");
  outbox.markAccepted("a", 7);
  assert.deepEqual(ids(outbox.entries), ["b"]);
});

test("an accepted message waits for its event, or for a timeline beyond it", () => {
  const outbox = waiting("a");
  outbox.markSent("a");
  outbox.markAccepted("a", 7);
  outbox.removeAccepted("lobby", 6);
  assert.deepEqual(states(outbox), ["accepted"]);
  outbox.removeAccepted("lobby", 7);
  assert.deepEqual(states(outbox), []);
});

test("after a lost connection it is sent again with the same id", () => {
  const outbox = waiting("a");
  outbox.markSent("a");
  outbox.onDisconnected();
  assert.deepEqual(ids(outbox.due(50, anywhere)), ["a"]);
});

test("a lost connection's answer is none: it goes again at once on the next", () => {
  const outbox = waiting("a");
  outbox.markSent("a");
  outbox.onDisconnected();
  outbox.markRefused("a", { code: "unavailable", message: "no answer yet" }, 50);
  assert.deepEqual(ids(outbox.due(50, anywhere)), ["a"]);
});

test("rate_limited waits as long as it is told; unavailable longer each time", () => {
  const outbox = waiting("a");
  outbox.markSent("a");
  outbox.markRefused("a", { code: "rate_limited", message: "", retryAfter: 1.5 }, 100);
  assert.deepEqual([ids(outbox.due(1599, anywhere)), outbox.nextDueAt(1599)], [[], 1600]);
  assert.deepEqual(ids(outbox.due(1600, anywhere)), ["a"]);
  outbox.markSent("a");
  outbox.markRefused("a", { code: "unavailable", message: "" }, 2000);
  assert.equal(outbox.nextDueAt(2000), 4000);
});

test("a later message does not hide when the first one may go again", () => {
  const outbox = waiting("a", "b");
  outbox.markSent("a");
  outbox.markRefused("a", { code: "rate_limited", message: "", retryAfter: 3 }, 0);
  assert.equal(outbox.nextDueAt(0), 3000);
});

test("another refusal is shown, holds up nothing, and can be tried again as the same message", () => {
  const outbox = waiting("a", "b");
  outbox.markSent("a");
  outbox.markRefused("a", { code: "too_long", message: "too long" }, 5);
  assert.deepEqual([states(outbox), outbox.entries[0].error], [["failed", "waiting"], "too long"]);
  assert.deepEqual(ids(outbox.due(5, anywhere)), ["b"]);
  assert.equal(outbox.nextDueAt(5), Infinity);
  outbox.retry("a", 9);
  assert.deepEqual([ids(outbox.entries), states(outbox)], [["b", "a"], ["waiting", "waiting"]]);
  outbox.discard("b");
  outbox.retry("a", 10); // not failed any more: no change
  assert.deepEqual(ids(outbox.entries), ["a"]);
});

test("it is bounded", () => {
  const outbox = new Outbox(2);
  outbox.add("a", "lobby", "x", 0);
  assert.equal(outbox.full, false);
  outbox.add("b", "lobby", "x", 0);
  assert.equal(outbox.full, true);
});

test("it is bounded in characters, too", () => {
  const outbox = new Outbox();
  for (let number = 0; !outbox.full; number += 1) outbox.add(`m${number}`, "lobby", "x".repeat(4000), 0);
  assert.equal(outbox.entries.length, 50);
});

const reloaded = (outbox, now) => {
  const next = new Outbox();
  next.restore(JSON.parse(JSON.stringify(outbox)), now);
  return next;
};

test("over a reload what was on its way waits again, what failed has failed, in order", () => {
  const outbox = waiting("a", "b", "c", "d");
  for (const id of ["a", "b", "c"]) outbox.markSent(id);
  outbox.markAccepted("a", 7);
  outbox.markRefused("b", { code: "forbidden", message: "you may not" }, 5);
  const next = reloaded(outbox, 50);
  assert.deepEqual([ids(next.entries), states(next)], [["b", "c", "d"], ["failed", "waiting", "waiting"]]);
  assert.deepEqual([next.entries[0].error, next.entries[1].text], ["you may not", "text of c"]);
  assert.deepEqual(ids(next.due(50, anywhere)), ["c"]);
});

test("what has waited for more than a day is not said unasked", () => {
  const next = reloaded(waiting("a"), 24 * 3600_000 + 1);
  assert.deepEqual(states(next), ["failed"]);
  assert.ok(next.entries[0].error);
  next.retry("a", 24 * 3600_000 + 2);
  assert.deepEqual(states(next), ["waiting"]);
});

test("of what is kept no more is taken than fits", () => {
  const outbox = new Outbox(2);
  outbox.restore(JSON.parse(JSON.stringify(waiting("a", "b", "c"))), 0);
  assert.deepEqual(ids(outbox.entries), ["a", "b"]);
});

test("a list that nothing changes is the same list", () => {
  const outbox = waiting("a");
  const { entries } = outbox;
  outbox.discard("b");
  outbox.removeAccepted("lobby", 9);
  outbox.dropRoom("dev");
  assert.equal(outbox.entries, entries);
});

test("a wall clock that was wrong delays nothing", () => {
  const outbox = new Outbox();
  const hour = 3_600_000;
  outbox.add("m1", "lobby", "one", NOW + hour);
  outbox.restore([{ id: "m0", room: "tea", text: "zero", since: NOW + hour }], NOW);
  assert.deepEqual(outbox.due(5, () => true).map(({ id }) => id), ["m1", "m0"]);
  outbox.markSent("m1");
  outbox.onDisconnected();
  assert.equal(outbox.due(5, () => true).length, 2);
});
