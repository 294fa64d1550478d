import { expect, test } from "vitest";
import { share } from "./updates";

test("an update that is fetched is a share of its length and never more than all of it", () => {
  expect(share({ done_bytes: 0, len_bytes: 10 })).toBe(0);
  expect(share({ done_bytes: 5, len_bytes: 10 })).toBe(0.5);
  expect(share({ done_bytes: 11, len_bytes: 10 })).toBe(1);
  expect(share({ done_bytes: 0, len_bytes: 0 })).toBe(0);
});
