import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGroups } from "../../src/rules/group.ts";
import { isInNetwork, readAddress, readNetwork } from "../../src/rules/network.ts";
import { door, group, network } from "./given.ts";

const doorkeeper = compileGroups({
  "cad-team": group({ users: ["ada", "b*"], hosts: ["CAD-??"], networks: ["10.1.0.0/16"] }),
  v6: group({ networks: ["2001:db8::/32", "fe80::/10"] }),
  all: group({ users: ["*"] }),
});

const groupsOf = (...at: Parameters<typeof door>): readonly string[] => [
  ...doorkeeper.groupsOf(door(...at)),
];

describe("a group", () => {
  it("has whoever any of its three lists names", () => {
    expect(groupsOf("ada")).toEqual(["cad-team", "all"]);
    expect(groupsOf("bob")).toEqual(["cad-team", "all"]);
    expect(groupsOf("cleo", "cad-12")).toEqual(["cad-team", "all"]);
    expect(groupsOf("cleo", "x", "10.1.200.3")).toEqual(["cad-team", "all"]);
    expect(groupsOf("cleo", "cad-123", "10.2.0.1")).toEqual(["all"]);
  });

  it("tells users of different case apart, and hosts not", () => {
    expect(groupsOf("Ada")).toEqual(["all"]);
    expect(groupsOf("cleo", "Cad-7x")).toEqual(["cad-team", "all"]);
  });

  it("that ignores case has a login in any case, by name or wildcard, and no other group does", () => {
    const any = compileGroups({
      windows: group({ users: ["Ada", "INTERN-*"], ignoreCase: true }),
      unix: group({ users: ["Ada"] }),
    });
    const found = (user: string): string[] => [...any.groupsOf(door(user))];
    expect(found("ADA")).toEqual(["windows"]);
    expect(found("Ada")).toEqual(["windows", "unix"]);
    expect(found("intern-7")).toEqual(["windows"]);
    expect(found("adam")).toEqual([]);
  });

  it("sees through white space and Unicode forms, as pseudonyms do", () => {
    expect(groupsOf("  ada ")).toEqual(["cad-team", "all"]);
    const angstrom = compileGroups({ it: group({ users: ["\u00c5sa"] }) });
    expect([...angstrom.groupsOf(door("A\u030asa"))]).toEqual(["it"]);
  });

  it("has an IPv4 caller however the socket writes the address", () => {
    expect(groupsOf("cleo", "x", "::ffff:10.1.2.3")).toEqual(["cad-team", "all"]);
    expect(groupsOf("cleo", "x", "::ffff:a01:203")).toEqual(["cad-team", "all"]);
  });

  it("has IPv6 callers, a zone left aside, and no address it cannot read", () => {
    expect(groupsOf("cleo", "x", "2001:db8:1::7")).toEqual(["v6", "all"]);
    expect(groupsOf("cleo", "x", "fe80::1%eth0")).toEqual(["v6", "all"]);
    expect(groupsOf("cleo", "x", "2001:db9::1")).toEqual(["all"]);
    expect(groupsOf("cleo", "x", "unknown")).toEqual(["all"]);
    expect(groupsOf("cleo", "x")).toEqual(["all"]);
  });
});

describe("a network", () => {
  it.each([
    "10.1.0.0/33",
    "10.1.0/16",
    "10.01.0.0/16",
    "256.0.0.0/8",
    "10.1.0.0/",
    "10.1.0.0/016",
    "10.0.0.0/8/8",
    "2001:db8::/129",
    "2001::db8::/32",
    "1:2:3:4:5:6:7/64",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "fe80::1%eth0",
    "::1.2.3",
    ":1::",
    "example.org",
    "",
  ])("is not %j", (text) => {
    expect(readNetwork(text).kind).toBe("refused");
  });

  it("with bits behind its prefix is shown what was probably meant", () => {
    expect(readNetwork("10.1.2.3/16")).toEqual({
      kind: "refused",
      reason: "there are bits behind the prefix; 10.1.0.0/16 is meant, or another prefix",
    });
    expect(readNetwork("2001:db8::1/32")).toMatchObject({
      reason: "there are bits behind the prefix; 2001:db8::/32 is meant, or another prefix",
    });
  });

  it("without a prefix is one address", () => {
    expect(network("10.1.2.3")).toEqual({ base: [10, 1, 2, 3], prefix: 32 });
    expect(network("::1").prefix).toBe(128);
  });

  it("written as mapped IPv4 is IPv4", () => {
    expect(network("::ffff:10.0.0.0/104")).toEqual({ base: [10, 0, 0, 0], prefix: 8 });
  });

  it("has nobody of the other family, even when it has everybody", () => {
    const four = readAddress("1.2.3.4") ?? [];
    const six = readAddress("::1") ?? [];
    expect(isInNetwork(network("0.0.0.0/0"), four)).toBe(true);
    expect(isInNetwork(network("0.0.0.0/0"), six)).toBe(false);
    expect(isInNetwork(network("::/0"), six)).toBe(true);
    expect(isInNetwork(network("::/0"), four)).toBe(false);
  });

  it("has exactly the addresses that share its first bits", () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const address = fc.tuple(byte, byte, byte, byte);
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: 32 }), (one, other, prefix) => {
        const shared = bits(one).slice(0, prefix) === bits(other).slice(0, prefix);
        expect(isInNetwork({ base: one, prefix }, other)).toBe(shared);
      }),
    );
  });
});

function bits(bytes: readonly number[]): string {
  return bytes.map((each) => each.toString(2).padStart(8, "0")).join("");
}
