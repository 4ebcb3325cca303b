import assert from "node:assert/strict";
import { test } from "node:test";
import { Unread } from "../../static/js/unread.js";
import { line } from "./make.js";

const DIRECT = { Room: "@direct" };

test("messages of others count, once each; coming and going does not", () => {
  const unread = new Unread();
  unread.heard(line(1, DIRECT), false);
  unread.heard(line(1, DIRECT), false);
  unread.heard(line(2, { ...DIRECT, EvtType: "join" }), false);
  unread.heard(line(3, DIRECT), true);
  assert.equal(unread.of("@direct"), 1);
});

test("what is seen counts no more", () => {
  const unread = new Unread();
  unread.heard(line(1, DIRECT), false);
  unread.seen("@direct", 4);
  unread.heard(line(4, DIRECT), false);
  assert.equal(unread.of("@direct"), 0);
  unread.heard(line(5, DIRECT), false);
  assert.equal(unread.of("@direct"), 1);
});

test("what came while the page was away counts once, live or listed", () => {
  const unread = new Unread({ "@direct": 5 });
  unread.missed("@direct", 7);
  unread.missed("@direct", 7);
  unread.heard(line(7, DIRECT), false);
  unread.heard(line(8, DIRECT), false);
  assert.equal(unread.of("@direct"), 3);
});

test("one's own messages elsewhere leave nothing unread", () => {
  const unread = new Unread({ "@direct": 5 });
  unread.heard(line(6, DIRECT), true);
  unread.missed("@direct", 6);
  assert.equal(unread.of("@direct"), 0);
});

test("another tab's marks clear what it has seen, and no newer things", () => {
  const unread = new Unread();
  unread.heard(line(3, DIRECT), false);
  unread.seenElsewhere({ "@direct": 2 });
  assert.equal(unread.of("@direct"), 1);
  unread.seenElsewhere({ "@direct": 3 });
  assert.equal(unread.of("@direct"), 0);
});

test("marks of private rooms are kept, and not without end", () => {
  const unread = new Unread();
  unread.seen("lobby", 9);
  for (let each = 0; each < 2000; each += 1) unread.seen(`@${each}`, 1);
  const kept = JSON.parse(JSON.stringify(unread));
  assert.ok(Object.keys(kept).length <= 500);
  assert.ok(!("lobby" in kept) && kept["@1999"] === 1);
});
