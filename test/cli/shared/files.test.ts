import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readInput, readTextInput } from "../../../src/cli/shared/input-file.ts";
import { Output } from "../../../src/cli/shared/output.ts";
import { writeOutput } from "../../../src/cli/shared/output-file.ts";
import { readPassphrase } from "../../../src/cli/shared/passphrase.ts";
import { codeOf, temporaryFolder } from "../../vendor/given.ts";

describe("a file that is to be read", () => {
  it("is read whole, up to its limit and not a byte further", () => {
    const path = join(temporaryFolder(), "ten");
    writeFileSync(path, "0123456789");
    expect(Buffer.from(readInput(path, "note", 10)).toString()).toBe("0123456789");
    expect(codeOf(() => readInput(path, "note", 9))).toBe("FILE_TOO_LARGE");
  });

  it("is named in the refusal when it cannot be read", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "latin1"), Uint8Array.of(0x4d, 0xfc));
    expect(codeOf(() => readInput(join(folder, "gone"), "note"))).toBe("FILE_NOT_FOUND");
    expect(codeOf(() => readInput(folder, "note"))).toBe("FILE_NOT_REGULAR");
    expect(codeOf(() => readTextInput(join(folder, "latin1"), "note"))).toBe("FILE_UNREADABLE");
  });
});

describe("a file that is written", () => {
  it("replaces nothing, unless it is told to", () => {
    const path = join(temporaryFolder(), "out");
    writeOutput(path, "first");
    expect(codeOf(() => writeOutput(path, "second"))).toBe("OUTPUT_EXISTS");
    expect(readFileSync(path, "utf8")).toBe("first");
    writeOutput(path, "second", { force: true });
    expect(readFileSync(path, "utf8")).toBe("second");
  });

  it("has exactly the permissions asked for and leaves nothing beside it", () => {
    const folder = temporaryFolder();
    writeOutput(join(folder, "secret"), "s", { mode: 0o600 });
    expect(statSync(join(folder, "secret")).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["secret"]);
  });

  it("goes where a link points, and never in the place of a device or folder", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "real"), "old");
    symlinkSync("real", join(folder, "link"));
    writeOutput(join(folder, "link"), "new", { force: true });
    expect(readFileSync(join(folder, "real"), "utf8")).toBe("new");
    expect(codeOf(() => writeOutput("/dev/null", "x", { force: true }))).toBe("OUTPUT_FAILED");
    mkdirSync(join(folder, "sub"));
    expect(codeOf(() => writeOutput(join(folder, "sub"), "x"))).toBe("OUTPUT_FAILED");
    expect(codeOf(() => writeOutput(join(folder, "no/such"), "x"))).toBe("OUTPUT_FAILED");
    expect(existsSync(join(folder, "no"))).toBe(false);
  });
});

describe("a passphrase file", () => {
  it("gives its first line, in one Unicode form", async () => {
    const { warnings, read } = passphraseFile("gru\u0308n und lang\r\nsecond line\n", 0o600);
    expect(await read()).toBe("gr\u00fcn und lang");
    expect(warnings).toEqual([]);
  });

  it("that others can read is used with a warning", async () => {
    const { warnings, read, path } = passphraseFile("long enough\n", 0o644);
    expect(await read()).toBe("long enough");
    expect(warnings).toEqual([
      `seatkeeper: warning: passphrase file ${path} can be read by others: chmod 600 ${path}\n`,
    ]);
  });

  it.each([["\n"], [""], ["short\n"]])("with %j is refused", async (content) => {
    const { read } = passphraseFile(content, 0o600);
    await expect(read()).rejects.toThrow(expect.objectContaining({ code: "PASSPHRASE_REFUSED" }));
  });
});

function passphraseFile(
  content: string,
  mode: number,
): { path: string; warnings: string[]; read: () => Promise<string> } {
  const path = join(temporaryFolder(), "passphrase");
  writeFileSync(path, content);
  chmodSync(path, mode);
  const warnings: string[] = [];
  const stderr = { write: (text: string) => void warnings.push(text) };
  const out = new Output({ name: "seatkeeper", stdout: stderr, stderr, env: {} });
  const read = (): Promise<string> =>
    readPassphrase({ file: path }, { prompt: "", isNew: true }, out);
  return { path, warnings, read };
}
