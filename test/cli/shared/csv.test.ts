import { describe, expect, it } from "vitest";
import { csvLines } from "../../../src/cli/shared/csv.ts";

describe("comma-separated values", () => {
  it("quote what would end a cell, and nothing else", () => {
    expect(csvLines([["a", 1, 'b "c"', "d,e", "f\ng", ""]])).toBe('a,1,"b ""c""","d,e","f\ng",\n');
  });

  it.each(["=1+1", "+1", "-1", "@cmd", "\tx", "\rx"])(
    "do not let a spreadsheet compute %j",
    (text) => {
      expect(csvLines([[text]])).toMatch(/^"?'/);
    },
  );

  it("leave numbers numbers, also below zero", () => {
    expect(csvLines([[-5, 0, 2.5]])).toBe("-5,0,2.5\n");
  });
});
