import assert from "node:assert/strict";
import { test } from "node:test";
import { Frames } from "../../../static/js/views/frames.js";

function screen() {
  const drawn = [];
  let acts = [];
  let now = 0;
  const frames = new Frames(() => drawn.push(now), (act) => acts.push(act));
  const frame = (at) => {
    now = at;
    const due = acts;
    acts = [];
    for (const act of due) act(now);
    return drawn;
  };
  return { frames, frame };
}

test("a change is drawn in the next frame, many changes once", () => {
  const { frames, frame } = screen();
  frames.wake();
  frames.wake();
  assert.deepEqual(frame(16), [16]);
  assert.deepEqual(frame(32), [16], "nothing has changed since");
});

test("a busy room is drawn in every third frame, and its last change too", () => {
  const { frames, frame } = screen();
  for (let at = 16; at <= 160; at += 16) {
    frames.wake();
    frame(at);
  }
  assert.deepEqual(frame(176), [16, 64, 112, 160]);
  frames.wake();
  assert.deepEqual(frame(400), [16, 64, 112, 160, 400]);
});

test("a drawing that fails does not end the next one", () => {
  let fails = true;
  const drawn = [];
  const acts = [];
  const draw = () => {
    if (fails) throw new Error("a template");
    drawn.push(1);
  };
  const frames = new Frames(draw, (act) => acts.push(act));
  frames.wake();
  assert.throws(() => acts.pop()(100), /a template/);
  fails = false;
  frames.wake();
  acts.pop()(200);
  assert.deepEqual(drawn, [1]);
});
