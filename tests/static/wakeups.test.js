import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOf, roomOf } from "../../static/js/models/address.js";
import { watchFailures } from "../../static/js/views/failure.js";
import { SleepWatch } from "../../static/js/wakeups.js";

test("sleep is noticed by either clock, and a clock that is set back is not sleep", () => {
  const watch = new SleepWatch(1_000_000, 0);
  assert.equal(watch.slept(1_002_000, 2_000), false);
  assert.equal(watch.slept(1_600_000, 4_000), true, "the steady clock stood still");
  assert.equal(watch.slept(1_000, 6_000), false);
  assert.equal(watch.slept(2_000, 60_000), true, "the wall's clock was set back meanwhile");
});

test("the address of a room leads there, whatever is in it", () => {
  for (const room of ["lobby", "हिन्दी", "@abc-_9"]) assert.equal(roomOf(hashOf(room), "otherwise"), room);
  assert.equal(roomOf("#%E0%A4%A", "lobby"), "lobby");
  assert.equal(roomOf("", "lobby"), "lobby");
  assert.equal(roomOf("##Tea%20room", "lobby"), "tea-room");
});

function page() {
  const target = Object.assign(new EventTarget(), { location: { reload() {} } });
  const strip = { hidden: true, querySelector: () => new EventTarget() };
  const status = { dataset: { link: "up" }, textContent: "Online" };
  watchFailures(target, { strip, status });
  const happens = (kind, more) => target.dispatchEvent(Object.assign(new Event(kind), more));
  return { happens, strip, status };
}

test("a failure of the page is said; those of others are not", () => {
  for (const [kind, more] of [["error", { message: "x", error: new Error("x") }], ["unhandledrejection", { reason: new Error("x") }], ["unhandledrejection", {}]]) {
    const { happens, strip, status } = page();
    happens("error", { message: "ResizeObserver loop completed with undelivered notifications." });
    happens("error", { message: "x", filename: "chrome-extension://abc/inject.js" });
    assert.deepEqual([strip.hidden, status.textContent], [true, "Online"]);
    happens(kind, more);
    assert.deepEqual([strip.hidden, status.textContent, status.dataset.link], [false, "Failed", "failed"]);
  }
});
