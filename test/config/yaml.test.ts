import { describe, expect, it } from "vitest";
import { ConfigError } from "../../src/config/errors.ts";
import { readYaml } from "../../src/config/yaml.ts";

const TERMS = `site: Example Works
features:
  - name: cad.pro
    seats: 3
  - name: sim.solver
    seats: 1
`;

describe("a YAML file", () => {
  it("is plain data", () => {
    expect(readYaml(TERMS, "terms.yaml").value).toEqual({
      site: "Example Works",
      features: [
        { name: "cad.pro", seats: 3 },
        { name: "sim.solver", seats: 1 },
      ],
    });
  });

  it("knows where each entry is written", () => {
    const { lineOf } = readYaml(TERMS, "terms.yaml");
    expect(lineOf(["site"])).toEqual({ line: 1, column: 1 });
    expect(lineOf(["features", 1])).toEqual({ line: 5, column: 5 });
    expect(lineOf(["features", 1, "seats"])).toEqual({ line: 6, column: 5 });
  });

  it("leads to the nearest entry when one is missing", () => {
    const { lineOf } = readYaml(TERMS, "terms.yaml");
    expect(lineOf(["features", 1, "expires_at"])).toEqual({ line: 5, column: 5 });
    expect(lineOf(["features", 7])).toEqual({ line: 2, column: 1 });
    expect(lineOf(["meters"])).toEqual({ line: 1, column: 1 });
    expect(readYaml("", "empty.yaml").lineOf(["site"])).toEqual({ line: 1, column: 1 });
  });

  it.each([
    ["a: 1\na: 2\n", "terms.yaml:2:1: map keys must be unique"],
    ["a: [1\nb: 2\n", "terms.yaml:2:1: "],
    ["a: 1\n---\nb: 2\n", "terms.yaml:2:1: "],
    ["a: !colour red\n", "terms.yaml:1:4: unresolved tag: !colour"],
    ["a: &x 1\nb: *x\n", "terms.yaml:1:1: aliases (*name) are not supported"],
    ["a:\n\t- b\n", "terms.yaml:2:1: "],
    ["a: 1\n? [b]\n: 2\n", "terms.yaml:2:3: the name of an entry is a list or a map"],
  ])("%j is refused with its line", (text, message) => {
    const read = () => readYaml(text, "terms.yaml");
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(expect.objectContaining({ code: "CONFIG_YAML" }));
    expect(read).toThrow(message);
  });

  it("of monstrous length is not even parsed", () => {
    expect(() => readYaml("#".repeat(1_048_577), "terms.yaml")).toThrow(/too long/);
  });
});
