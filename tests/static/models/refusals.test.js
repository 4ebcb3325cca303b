import assert from "node:assert/strict";
import { test } from "node:test";
import { nameFault, nameNotice, roomFault, sentenceOf } from "../../../static/js/models/refusals.js";

const CODES = "bad_request bad_name not_joined no_such_room no_such_user no_such_event forbidden too_long rate_limited " +
  "unavailable banned muted closed expired something_new";

test("for each code there is a sentence", () => {
  for (const code of CODES.split(" ")) {
    for (const about of ["", "name", "room", "message"]) {
      for (const error of [{ code, message: "it was refused" }, { code, message: "no", retryAfter: 2.2 }]) {
        assert.match(sentenceOf(error, about), /^\p{Lu}.*[.!]$/u, `${code} ${about}`);
      }
    }
  }
  assert.match(sentenceOf({ code: "rate_limited", retryAfter: 2.2 }), /3 seconds/);
  assert.equal(sentenceOf({ code: "new", message: "this is so." }), "This is so.");
});

test("a name is counted as the broker counts it", () => {
  for (const good of ["ann", "é".repeat(40), "e\u0301".repeat(40), "👋".repeat(40), " a  b "]) assert.equal(nameFault(good), "");
  for (const bad of ["", "  ", "x".repeat(41), "👋".repeat(41), "a,b"]) assert.notEqual(nameFault(bad), "");
});

test("a room's name has letters of any script", () => {
  for (const good of ["lobby", "हिन्दी", "สวัสดี", "a-b_c.d", "𝔘".repeat(64)]) assert.equal(roomFault(good), "");
  for (const bad of ["", "what?!", "@x", "x".repeat(65), "a/b"]) assert.notEqual(roomFault(bad), "");
});

test("who gets another name is told why", () => {
  for (const [asked, got] of [["ann", "ann2"], ["ann", "ann-2"], ["host02", "host02-2"], ["ANN", "ANN13"]]) {
    assert.equal(nameNotice(asked, got), `${asked} is taken, you are ${got}.`);
  }
  assert.equal(nameNotice(` ${"x".repeat(40)}`, `${"x".repeat(38)}-2`), `${"x".repeat(40)} is taken, you are ${"x".repeat(38)}-2.`);
  for (const [asked, got] of [["ann", "ann"], [" ann ", "ann"], ["e\u0301", "é"], ["", "ann"], ["a  b", "a b"]]) {
    assert.equal(nameNotice(asked, got), "");
  }
  assert.equal(nameNotice("a\u200bb", "ab"), "Your name is written ab.");
});
