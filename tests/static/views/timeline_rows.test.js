import assert from "node:assert/strict";
import { test } from "node:test";
import { notePieces, timelineRows } from "../../../static/js/views/timeline_rows.js";
import { makeEvent, NOON } from "../make.js";

const kinds = (rows) => rows.map((row) => row.kind);

test("messages of one person close together say the name once", () => {
  const rows = timelineRows([makeEvent(1), makeEvent(2), makeEvent(3, { Timestamp: NOON + 900 }), makeEvent(4, { User: "bob", Uid: "b", Timestamp: NOON + 901 })]);
  assert.deepEqual(kinds(rows), ["day", "message", "message", "message", "message"]);
  assert.deepEqual(rows.slice(1).map((row) => row.first), [true, false, true, true]);
});

test("a note or a new day breaks the group", () => {
  const rows = timelineRows([makeEvent(1), makeEvent(2, { EvtType: "join" }), makeEvent(3), makeEvent(4, { Timestamp: NOON + 100_000 })]);
  assert.deepEqual(kinds(rows), ["day", "message", "note", "message", "day", "message"]);
  assert.ok(rows.filter((row) => row.kind === "message").every((row) => row.first));
});

test("edits and deletes have no row of their own", () => {
  assert.deepEqual(kinds(timelineRows([makeEvent(1), makeEvent(2, { EvtType: "edit", Ref: 1 }), makeEvent(3, { EvtType: "delete", Ref: 1 })])), ["day", "message"]);
});

test("announcements stand at their time, the waiting messages last", () => {
  const notice = (Seq, at) => makeEvent(Seq, { Room: "system", EvtType: "announce", User: "system", Timestamp: NOON + at });
  const rows = timelineRows([makeEvent(10), makeEvent(20)], [notice(1, 15), notice(2, 25)], [{ id: "x", text: "soon" }]);
  assert.deepEqual(kinds(rows), ["day", "message", "announce", "message", "announce", "waiting"]);
  assert.equal(new Set(rows.map((row) => row.key)).size, rows.length);
});

test("notes say what happened", () => {
  const said = (event) => notePieces(makeEvent(1, event)).map(({ name, words }) => name ?? words).join("");
  assert.equal(said({ EvtType: "rename", User: "anna", Text: "ann" }), "anna is the new name of ann");
  assert.equal(said({ EvtType: "leave" }), "ann left");
  assert.equal(said({ EvtType: "wave", Text: "waves" }), "ann waves");
});
