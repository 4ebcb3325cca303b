import assert from "node:assert/strict";
import { test } from "node:test";
import { NameSearch } from "../../../static/js/models/name_search.js";

const names = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => `p${from + at}`);

test("names come page by page as they are wanted", () => {
  const search = new NameSearch();
  const first = search.question();
  assert.deepEqual(first, { limit: 100 });
  search.answered(first, { users: names(1001, 1100), more: true });
  assert.deepEqual([search.question(), search.more], [null, true]);
  search.wantMore();
  const second = search.question();
  assert.deepEqual(second, { limit: 100, after: "p1100" });
  search.answered(second, { users: names(1101, 1150), more: false });
  search.answered(second, { users: names(1101, 1150), more: false });
  assert.deepEqual([search.names.length, search.question()], [150, null]);
});

test("an answer to what was typed before is of no use", () => {
  const search = new NameSearch();
  const all = search.question();
  search.begin(" ze ");
  search.answered(all, { users: ["ann"], more: false });
  const question = search.question();
  assert.deepEqual([question, search.names], [{ limit: 100, prefix: "ze" }, []]);
  search.answered(question, { users: ["zelda"], more: false });
  assert.deepEqual([search.names, search.question()], [["zelda"], null]);
  search.begin("x");
  search.refused();
  assert.equal(search.question(), null);
});
