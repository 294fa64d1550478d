import { describe, expect, it } from "vitest";
import { placeNotes, widthOf } from "./margin";

describe("notes in the margin", () => {
  it("stand beside their blocks where there is room", () => {
    expect(placeNotes([{ blockTop: 0, noteHeight: 60 }, { blockTop: 500, noteHeight: 60 }], 16)).toEqual([0, 500]);
  });

  it("are pushed down by the note above, and only as far as needed", () => {
    const notes = [
      { blockTop: 100, noteHeight: 80 },
      { blockTop: 120, noteHeight: 80 },
      { blockTop: 140, noteHeight: 80 },
      { blockTop: 900, noteHeight: 80 },
    ];
    expect(placeNotes(notes, 10)).toEqual([100, 190, 280, 900]);
  });

  it("are not placed for a block inside a closed answer, and take no room then", () => {
    expect(placeNotes([{ blockTop: 10, noteHeight: 50 }, { blockTop: null, noteHeight: 50 }, { blockTop: 20, noteHeight: 50 }], 10)).toEqual([10, null, 70]);
  });

  it("never overlap and never rise above their block, whatever the heights", () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    for (let round = 0; round < 200; round += 1) {
      let y = 0;
      const notes = Array.from({ length: 20 }, () => ({ blockTop: (y += random(200)), noteHeight: random(150) }));
      const tops = placeNotes(notes, 12);
      tops.forEach((top, at) => {
        expect(top).toBeGreaterThanOrEqual(notes[at]!.blockTop);
        if (at > 0) expect(top).toBeGreaterThanOrEqual(tops[at - 1]! + notes[at - 1]!.noteHeight + 12);
      });
    }
  });
});

describe("the width of the window", () => {
  it("is measured in letters, so that larger text folds the margin", () => {
    expect(widthOf(1280, 16)).toBe("wide");
    expect(widthOf(1280, 32)).toBe("narrow");
    expect(widthOf(1024, 16)).toBe("middle");
    expect(widthOf(400, 16)).toBe("slim");
    expect(widthOf(3840, 16)).toBe("wide");
  });
});
