import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { streamOutput } from "../../../src/cli/shared/output-file.ts";
import { temporaryFolder } from "../../support/leftovers.ts";

describe("a file that is written piece by piece", () => {
  it("is not blamed for what its content could not be made of", async () => {
    const path = join(temporaryFolder(), "usage.skb");
    const made = streamOutput(path, {}, (write) => {
      write(Uint8Array.of(1));
      return new Promise((resolve) => resolve(readdirSync(`${path} is no folder`)));
    });
    await expect(made).rejects.toMatchObject({ code: "ENOENT", syscall: "scandir" });
    expect(existsSync(path)).toBe(false);
  });

  it("is named when its own folder refuses", async () => {
    const path = join(temporaryFolder(), "none", "usage.skb");
    await expect(streamOutput(path, {}, () => Promise.resolve(1))).rejects.toMatchObject({
      code: "OUTPUT_FAILED",
    });
  });
});
