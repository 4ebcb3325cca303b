import assert from "node:assert/strict";
import { test } from "node:test";
import { charsIn, clock, dayKey, hueOf, piecesOf, roomKey, typingLine } from "../../static/js/text.js";

test("characters are code points", () => assert.equal(charsIn("a👋é"), 3));

test("times have two digits each", () => assert.match(clock(1_790_000_000), /^\d\d:\d\d$/));

test("days are those of the reader's calendar, whatever was asked before", () => {
  const times = [0, 1, 23.99, 24, 24.5, -0.01, 47, 48, 0.5].map((hours) => new Date(2026, 2, 28).getTime() / 1000 + hours * 3600);
  for (const time of times) {
    const date = new Date(time * 1000);
    assert.deepEqual(dayKey(time).split("-").map(Number), [date.getFullYear(), date.getMonth() + 1, date.getDate()]);
  }
});

test("room names are spelled one way", () => {
  const names = ["  #LoBby ", "Straße", "STRAẞE", "οδός", "İ", "हिन्दी", "น้ำ", "te\ufe0fa", "ｔｅａ", "½", "a b"];
  const keys = ["lobby", "strasse", "strasse", "οδόσ", "i\u0307", "हिन्दी", "น้ำ", "tea", "tea", "½", "a b"];
  assert.deepEqual(names.map(roomKey), keys);
});

test("only http links are links, without the punctuation behind them", () => {
  assert.deepEqual(piecesOf("see https://a.b/c?d=1#e. javascript:alert(1) data:x"), [
    { text: "see ", link: false },
    { text: "https://a.b/c?d=1#e", link: true },
    { text: ". javascript:alert(1) data:x", link: false },
  ]);
  assert.deepEqual(piecesOf(""), []);
});

test("pieces put together are the text", () => {
  for (const text of ["http://", "https://x", "a http://b, (http://c) <http://d>", "\nhttp://e\n"]) {
    assert.equal(piecesOf(text).map((piece) => piece.text).join(""), text);
  }
});

test("who types is said shortly", () => {
  assert.equal(typingLine([]), "");
  assert.equal(typingLine(["ann"]), "ann is typing…");
  assert.equal(typingLine(["ann", "bob"]), "ann and bob are typing…");
  assert.equal(typingLine(["ann", "bob", "cy", "dan"]), "ann, bob and others are typing…");
});

test("a person has one colour", () => assert.equal(hueOf("uid"), hueOf("uid")));
