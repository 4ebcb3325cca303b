import assert from "node:assert/strict";
import { test } from "node:test";
import { charsIn, dayKey, hueOf, initialOf, namesIn, roomKey } from "../../../static/js/models/text.js";

test("characters are code points", () => assert.equal(charsIn("a👋é"), 3));

test("days are those of the reader's calendar, whatever was asked before", () => {
  const times = [0, 1, 23.99, 24, 24.5, -0.01, 47, 48, 0.5].map((hours) => new Date(2026, 2, 28).getTime() / 1000 + hours * 3600);
  for (const time of times) {
    const date = new Date(time * 1000);
    assert.deepEqual(dayKey(time).split("-").map(Number), [date.getFullYear(), date.getMonth() + 1, date.getDate()]);
  }
});

test("room names are spelled one way", () => {
  const names = ["  #LoBby ", "Straße", "STRAẞE", "οδός", "İ", "हिन्दी", "น้ำ", "te\ufe0fa", "ｔｅａ", "½", " a  b\tc "];
  const keys = ["lobby", "strasse", "strasse", "οδόσ", "i\u0307", "हिन्दी", "น้ำ", "tea", "tea", "½", "a-b-c"];
  assert.deepEqual(names.map(roomKey), keys);
});

test("the initial is the first character as people see it", () => {
  const faces = { ann: "A", "ßeta": "ß", "ﬁx": "ﬁ", "ŉa": "ŉ", "👩🏽‍🚀x": "👩🏽‍🚀", "🇩🇪🇫🇷": "🇩🇪", "e\u0301a": "E\u0301", "हि": "हि", "": "?" };
  for (const [name, face] of Object.entries(faces)) assert.equal(initialOf(name), face);
});

test("a name is found as a whole word, in any case", () => {
  for (const text of ["@Ann", "hi @ann!", "@anna and @ann", "@ann-x"]) assert.ok(namesIn(text, "Ann"), text);
  for (const text of ["ann", "@anna", "a@b", "@ann\u0301", "@an n"]) assert.ok(!namesIn(text, "ann"), text);
  assert.ok(namesIn("see @Ann Lee.", "ann lee"));
});

test("a person has one colour", () => assert.equal(hueOf("uid"), hueOf("uid")));
