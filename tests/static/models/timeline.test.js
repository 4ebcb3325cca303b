import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "../../../static/js/models/timeline.js";
import { line, lines, range, seqs } from "../make.js";

function heard(events, limit) {
  const timeline = new Timeline(limit);
  for (const event of events) timeline.hear(event);
  return timeline;
}

test("a repeated event is there once", () => {
  const timeline = heard(lines(1, 3));
  assert.equal(timeline.hear(line(2)), false);
  assert.deepEqual(seqs(timeline.lines), [1, 2, 3]);
});

test("older pages go in front, overlaps are merged, Seq 1 is the end", () => {
  const timeline = heard(lines(21, 25));
  assert.deepEqual(timeline.olderPage(), { before: 21 });
  timeline.older({ before: 21 }, { events: lines(11, 22), more: true });
  assert.deepEqual(seqs(timeline.lines), range(11, 25));
  timeline.older({ before: 11 }, { events: lines(1, 10), more: false });
  assert.deepEqual(seqs(timeline.lines), range(1, 25));
  assert.equal(timeline.olderPage(), null);
  assert.equal(timeline.head, 25);
});

test("a page that answers an older question than the window is left out", () => {
  const timeline = heard(lines(21, 25));
  timeline.clear();
  timeline.hear(line(90));
  timeline.older({ before: 21 }, { events: lines(11, 20), more: true });
  assert.deepEqual(seqs(timeline.lines), [90]);
});

test("older pages wait until a replay is complete", () => {
  const timeline = new Timeline();
  timeline.expected = 52;
  timeline.hear(line(51));
  assert.equal(timeline.olderPage(), null);
  timeline.hear(line(52));
  assert.deepEqual(timeline.olderPage(), { before: 51 });
});

test("a room without lines asks for its newest page once", () => {
  const timeline = new Timeline();
  assert.deepEqual(timeline.olderPage(), {});
  timeline.older({}, { events: [], more: false });
  assert.equal(timeline.olderPage(), null);
});

test("an edit and then a delete change the message, older ones do not", () => {
  const timeline = heard(lines(1, 3));
  const untouched = timeline.lines[0];
  timeline.hear(line(4, { EvtType: "edit", Ref: 2, Text: "better" }));
  assert.deepEqual([timeline.lines[1].Text, timeline.lines[1].Rev], ["better", 4]);
  timeline.hear(line(5, { EvtType: "delete", Ref: 2, Text: "" }));
  assert.deepEqual([timeline.lines[1].Text, timeline.lines[1].Rev], ["", 5]);
  assert.equal(timeline.lines[0], untouched);
});

test("a message that history gives with its change is not changed back", () => {
  const timeline = heard([line(30)]);
  const page = [line(7, { Text: "third", Rev: 25 }), line(8, { EvtType: "edit", Ref: 7, Text: "second" })];
  timeline.older({ before: 30 }, { events: page, more: true });
  assert.equal(timeline.lines[0].Text, "third");
});

test("a change heard while an older page was on its way is applied to it", () => {
  const timeline = heard([line(30), line(31, { EvtType: "delete", Ref: 7, Text: "" })]);
  timeline.older({ before: 30 }, { events: [line(7)], more: true });
  assert.deepEqual([timeline.lines[0].Text, timeline.lines[0].Rev], ["", 31]);
});

test("the window is bounded: the oldest lines go, and can be read again", () => {
  const timeline = heard(lines(1, 12), 10);
  assert.deepEqual(seqs(timeline.lines), range(3, 12));
  assert.deepEqual(timeline.olderPage(), { before: 3 });
});

test("who follows the newest lines keeps few, who reads up keeps more", () => {
  const timeline = new Timeline(10, 4);
  for (const event of lines(101, 106)) timeline.hear(event);
  assert.deepEqual(seqs(timeline.lines), range(103, 106));
  timeline.older({ before: 103 }, { events: lines(98, 102), more: true });
  timeline.hear(line(107), true);
  assert.deepEqual(seqs(timeline.lines), range(98, 107));
  timeline.hear(line(108));
  assert.deepEqual(seqs(timeline.lines), range(105, 108));
  assert.deepEqual(timeline.olderPage(), { before: 105 });
});

test("who reads far up keeps the place: the newest lines go, and come again below", () => {
  const timeline = heard(lines(101, 110), 10);
  timeline.older({ before: 101 }, { events: lines(96, 100), more: true });
  assert.deepEqual(seqs(timeline.lines), range(96, 105));
  timeline.hear(line(111), true);
  assert.equal(timeline.head, 111);
  assert.deepEqual(timeline.newerPage(), { after: 105 });
  timeline.newer({ after: 105 }, { events: lines(106, 110), more: true });
  assert.deepEqual(timeline.newerPage(), { after: 110 });
  timeline.newer({ after: 110 }, { events: [line(111)], more: false });
  assert.deepEqual(seqs(timeline.lines), range(102, 111));
  assert.equal(timeline.newerPage(), null);
});

test("returning to the latest asks for the newest page", () => {
  const timeline = heard(lines(101, 110), 10);
  timeline.older({ before: 101 }, { events: lines(91, 100), more: true });
  timeline.returnToLatest();
  assert.deepEqual([timeline.newerPage(), timeline.olderPage()], [{}, null]);
  timeline.newer({}, { events: lines(108, 110), more: true });
  assert.deepEqual(seqs(timeline.lines), [108, 109, 110]);
  assert.equal(timeline.newerPage(), null);
});

test("any order of hearing and reading gives each event once, in order, without a hole", () => {
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 300; round += 1) {
    const timeline = new Timeline(8);
    let head = 20;
    const asked = [];
    for (let step = 0; step < 60; step += 1) {
      const what = random(6);
      if (what <= 1) timeline.hear(line(++head), random(2) === 1);
      else if (what === 2) asked.push(["older", timeline.olderPage()]);
      else if (what === 3) asked.push(["newer", timeline.newerPage()]);
      else if (what === 4 && random(4) === 0) timeline.returnToLatest();
      else if (asked.length) {
        const [way, page] = asked.shift();
        if (page === null) continue;
        const from = page.after ? page.after + 1 : Math.max(1, (page.before ?? head + 1) - 3);
        const to = page.after ? Math.min(head, page.after + 3) : (page.before ?? head + 1) - 1;
        timeline[way](page, { events: lines(from, to), more: page.after ? to < head : from > 1 });
      }
      if (timeline.lines.length) assert.deepEqual(seqs(timeline.lines), range(timeline.first, timeline.last));
      assert.ok(timeline.lines.length <= 8);
      if (!timeline.detached && timeline.lines.length) assert.equal(timeline.last, timeline.head);
    }
  }
});
