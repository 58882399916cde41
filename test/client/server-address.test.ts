import { describe, expect, it } from "vitest";
import { parseServers } from "../../src/client/index.ts";

const urls = (text: string | readonly string[]): readonly string[] =>
  parseServers(text, false).map(({ url }) => url);

describe("the address of a server", () => {
  it.each([
    ["wss://license.example:7328", "wss://license.example:7328/"],
    ["wss://license.example", "wss://license.example:7328/"],
    ["wss://license.example/", "wss://license.example:7328/"],
    ["WSS://License.Example", "wss://license.example:7328/"],
    ["wss://license.example:443", "wss://license.example/"],
    ["7328@license.example", "wss://license.example:7328/"],
    ["27000@10.0.0.7", "wss://10.0.0.7:27000/"],
    ["7328@fd00::7", "wss://[fd00::7]:7328/"],
    ["wss://[fd00::7]", "wss://[fd00::7]:7328/"],
    ["ws://127.0.0.1:7328", "ws://127.0.0.1:7328/"],
    ["ws://localhost", "ws://localhost:7328/"],
    ["ws://[::1]:7328", "ws://[::1]:7328/"],
  ])("%s means %s", (text, url) => {
    expect(urls(text)).toEqual([url]);
  });

  it("may be one of several, first choice first", () => {
    const both = ["wss://one.example:7328/", "wss://two.example:7328/"];
    expect(urls("wss://one.example, 7328@two.example")).toEqual(both);
    expect(urls(["7328@one.example", "wss://two.example"])).toEqual(both);
  });

  it.each([
    "",
    " , ",
    "license.example",
    "license.example:7328",
    "https://license.example",
    "wss://",
    "wss://license.example/seats",
    "wss://license.example?x",
    "wss://ada:secret@license.example",
    "wss://license.example:99999",
    "wss://license.example:0",
    "99999@license.example",
    "0@license.example",
    "7328@",
    "a@b@c",
    "one.example,",
    Array.from({ length: 17 }, () => "7328@a").join(","),
  ])("%j is refused", (text) => {
    expect(() => urls(text)).toThrow(expect.objectContaining({ code: "SERVER_ADDRESS" }));
  });

  it("is refused without its login", () => {
    expect(() => urls("wss://ada:secret@license.example")).toThrow(/^(?!.*secret)/);
  });

  it.each(["ws://license.example:7328", "ws://10.0.0.7", "ws://127.0.0.1.example"])(
    "%s is plaintext to another machine: refused unless allowed on purpose",
    (text) => {
      expect(() => urls(text)).toThrow(expect.objectContaining({ code: "SERVER_PLAINTEXT" }));
      expect(parseServers(text, true)).toMatchObject([{ secure: false }]);
    },
  );
});
