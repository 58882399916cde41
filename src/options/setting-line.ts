import { malformed } from "./about-whom.ts";
import type { Keyword } from "./keyword.ts";
import { ignoring, type Reading, refusing, type WrittenLine } from "./written-line.ts";

/** Reads a line that turns something on or off, which is so here or not. */
export function readSetting(
  kind: "host-matching" | "express",
  keyword: Keyword,
  { words }: WrittenLine,
): Reading {
  const value = words[0]?.toUpperCase();
  if (kind === "host-matching" && value === "EXACT") return ignoring("it is so here");
  if (kind === "host-matching" && value === "LENIENT") {
    return refusing(
      "host names are compared as they are written, with their domains",
      "write both forms, or a pattern such as cad-7*",
    );
  }
  if (kind === "express" && value === "OFF") return ignoring("it is so here");
  if (kind === "express" && value === "ON") {
    return refusing(
      "who asks later does not overtake who waits",
      "leave it out; it was the default there",
    );
  }
  return malformed(keyword);
}
