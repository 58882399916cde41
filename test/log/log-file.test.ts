import { readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LogFile, olderLog } from "../../src/log/log-file.ts";
import { temporaryFolder } from "../support/leftovers.ts";

/** A log file in a folder of its own, and what it would not take. */
function aLogFile(maxBytes = 1_000, path = join(temporaryFolder(), "daemon.log")) {
  const refused: string[] = [];
  const file = new LogFile({ path, maxBytes, otherwise: (line) => refused.push(line) });
  return { path, file, refused };
}

describe("a log in a file", () => {
  it("goes on behind what is there, and is for its owner alone", () => {
    const { path, file } = aLogFile();
    file.write("one\n");
    const again = new LogFile({ path, maxBytes: 1_000, otherwise: () => undefined });
    again.write("two\n");
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("never is larger than it may be, with one older file beside it", () => {
    const { path, file } = aLogFile(10);
    for (const line of ["aaaa\n", "bbbb\n", "cccc\n", "dddd\n", "eeee\n"]) file.write(line);
    expect(readFileSync(path, "utf8")).toBe("eeee\n");
    expect(readFileSync(olderLog(path), "utf8")).toBe("cccc\ndddd\n");
  });

  it("counts what was there before", () => {
    const { path, file } = aLogFile(10);
    file.write("aaaa\n");
    const again = new LogFile({ path, maxBytes: 10, otherwise: () => undefined });
    again.write("bbbbbb\n");
    expect(readFileSync(path, "utf8")).toBe("bbbbbb\n");
  });

  it("is a new one after it was renamed and opened anew, and loses no line", () => {
    const { path, file } = aLogFile();
    file.write("one\n");
    renameSync(path, `${path}.old`);
    file.write("two\n");
    file.reopen();
    file.write("three\n");
    expect(readFileSync(`${path}.old`, "utf8")).toBe("one\ntwo\n");
    expect(readFileSync(path, "utf8")).toBe("three\n");
  });

  it("hands on what a full disk refuses, and stops nobody", () => {
    const { file, refused } = aLogFile(1_000, "/dev/full");
    file.write("one\n");
    expect(refused).toEqual(["one\n"]);
  });

  it("is refused where it cannot be opened", () => {
    expect(() => aLogFile(1_000, join(temporaryFolder(), "none", "daemon.log"))).toThrow(
      expect.objectContaining({ code: "LOG_FILE" }) as Error,
    );
  });
});
