import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import { aDaemon, emptyFolder, root } from "../daemon/given.ts";

const example = new URL("../../examples/hold-a-seat.mjs", import.meta.url).pathname;

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The example as a process of its own, on the package as it is shipped. */
function holdASeat(server: string, ...more: readonly string[]): Promise<Run> {
  const key = toBase64Url(root.publicKey);
  const args = [example, "--server", server, "--root-key", key, "--data", emptyFolder(), ...more];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

const OVER_TLS = { tls: { mode: "self-made" } } as const;

describe("examples/hold-a-seat.mjs", () => {
  it("holds a seat while it renders, and reports the minutes", async () => {
    const daemon = await aDaemon(undefined, OVER_TLS);
    expect(await holdASeat(daemon.url, "--frames", "2")).toEqual({
      code: 0,
      stdout: [
        "seat held",
        "frame 1 rendered, 2 minutes counted",
        "frame 2 rendered, 2 minutes counted",
        "seat released",
        "",
      ].join("\n"),
      stderr: "",
    });
    expect((await daemon.admin.seats()).seats).toEqual([]);
    const [meter] = (await daemon.admin.status()).vendors.flatMap(({ meters }) => meters);
    expect(meter).toMatchObject({ meter: "render.minutes", used: 4 });
  });

  it("says why it is denied, and what to do", async () => {
    const daemon = await aDaemon(
      { site: "Studio", features: [{ name: "sim.solver", seats: 1 }] },
      OVER_TLS,
    );
    expect(await holdASeat(daemon.url)).toEqual({
      code: 1,
      stdout: "",
      stderr: [
        "hold-a-seat: NOT_LICENSED_FEATURE: cad.pro denied: NOT_LICENSED_FEATURE",
        "hold-a-seat: hint: no installed license names this; check its spelling",
        "",
      ].join("\n"),
    });
  });

  it("says so when nobody answers", async () => {
    const { code, stderr } = await holdASeat("wss://127.0.0.1:1");
    expect(code).toBe(1);
    expect(stderr).toContain("hold-a-seat: SERVER_UNREACHABLE:");
  });
});
