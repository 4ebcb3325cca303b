import assert from "node:assert/strict";
import { test } from "node:test";
import { noteText, rowsOf } from "../../../static/js/views/timeline_rows.js";
import { line, NOON } from "../make.js";

const kinds = (rows) => rows.map((row) => row.kind);

test("messages of one person close together say the name once", () => {
  const rows = rowsOf([line(1), line(2), line(3, { Timestamp: NOON + 900 }), line(4, { User: "bob", Uid: "b", Timestamp: NOON + 901 })]);
  assert.deepEqual(kinds(rows), ["day", "message", "message", "message", "message"]);
  assert.deepEqual(rows.slice(1).map((row) => row.first), [true, false, true, true]);
});

test("a note or a new day breaks the group", () => {
  const rows = rowsOf([line(1), line(2, { EvtType: "join" }), line(3), line(4, { Timestamp: NOON + 100_000 })]);
  assert.deepEqual(kinds(rows), ["day", "message", "note", "message", "day", "message"]);
  assert.ok(rows.filter((row) => row.kind === "message").every((row) => row.first));
});

test("edits and deletes have no row of their own", () => {
  assert.deepEqual(kinds(rowsOf([line(1), line(2, { EvtType: "edit", Ref: 1 }), line(3, { EvtType: "delete", Ref: 1 })])), ["day", "message"]);
});

test("announcements stand at their time, the waiting messages last", () => {
  const notice = (Seq, at) => line(Seq, { Room: "system", EvtType: "announce", User: "system", Timestamp: NOON + at });
  const rows = rowsOf([line(10), line(20)], [notice(1, 15), notice(2, 25)], [{ id: "x", text: "soon" }]);
  assert.deepEqual(kinds(rows), ["day", "message", "announce", "message", "announce", "waiting"]);
  assert.equal(new Set(rows.map((row) => row.key)).size, rows.length);
});

test("notes say what happened", () => {
  assert.equal(noteText(line(1, { EvtType: "rename", User: "anna", Text: "ann" })), "is the new name of ann");
  assert.equal(noteText(line(1, { EvtType: "leave" })), "left");
  assert.equal(noteText(line(1, { EvtType: "wave", Text: "waves" })), "waves");
});
