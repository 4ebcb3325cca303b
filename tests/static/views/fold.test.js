import assert from "node:assert/strict";
import { test } from "node:test";
import { foldLabel } from "../../../static/js/views/fold.js";

test("only a text that is high is folded, and says how many lines it has", () => {
  assert.equal(foldLabel("short\n".repeat(20)), "");
  assert.equal(foldLabel("x".repeat(2400)), "");
  assert.equal(foldLabel("x\n".repeat(1899)), `Show all ${(1900).toLocaleString()} lines`);
  assert.equal(foldLabel("x".repeat(4000)), "Show all");
  assert.equal(foldLabel(`${"x".repeat(800)}\n`.repeat(4)), "Show all");
});

test("every character that begins a line counts", () => {
  for (const end of ["\n", "\r\n", "\r", "\u2028", "\u2029", "\v", "\f", "\u0085"]) {
    assert.equal(foldLabel(`x${end}`.repeat(40)), "Show all 41 lines", JSON.stringify(end));
  }
});
