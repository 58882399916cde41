import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ADMIN_DUTIES } from "../../src/protocol/admin/duties.ts";
import { ADMIN_ROUTES, type AdminRouteName } from "../../src/protocol/admin.ts";
import { challengeSchema, helloSchema, welcomeSchema } from "../../src/protocol/handshake.ts";
import * as limits from "../../src/protocol/limits.ts";
import { NOTIFICATIONS } from "../../src/protocol/notifications.ts";
import { METHODS, PARAMS } from "../../src/protocol/requests.ts";
import { RESULTS } from "../../src/protocol/results.ts";
import { WIRE_CODES } from "../../src/protocol/wire-codes.ts";
import { errorSchema } from "../../src/protocol/wire-error.ts";

const root = new URL("../..", import.meta.url).pathname;
const page = `${root}docs/spec/protocol.md`;

// After a change of the protocol: npx vitest run --project core test/protocol/spec-page.test.ts -u

describe("docs/spec/protocol.md", () => {
  it("lists methods, notifications, errors, routes and limits as the code has them", async () => {
    const tables: Readonly<Record<string, string>> = {
      methods: table(["method", "parameters", "result"], methodRows()),
      notifications: table(["notification", "parameters"], notificationRows()),
      errors: table(["number", "`data.code`"], errorRows()),
      routes: table(["route", "request", "least role", "recorded as"], routeRows()),
      limits: table(["limit", "value"], limitRows()),
    };
    const text = readFileSync(page, "utf8");
    const filled = text.replace(
      /(<!-- table: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
      (_, start: string, name: string, end: string) => `${start}\n${tables[name]}\n${end}`,
    );
    await expect(filled).toMatchFileSnapshot(page);
    expect(text.match(/<!-- table: \w+ -->/g)).toHaveLength(Object.keys(tables).length);
  });
});

describe("docs/spec/protocol.schema.json", () => {
  it("is the JSON Schema of every message, for clients in other languages", async () => {
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "Seatkeeper wire protocol, seatkeeper.v1",
      $defs: {
        ...named(PARAMS, "params"),
        ...named(RESULTS, "result"),
        ...named(NOTIFICATIONS, "notification"),
        ...named(
          { challenge: challengeSchema, hello: helloSchema, welcome: welcomeSchema },
          "note",
        ),
        error: bare(errorSchema),
      },
    };
    const biome = `${root}node_modules/.bin/biome`;
    const options = ["format", "--stdin-file-path=docs/spec/protocol.schema.json"];
    const formatted = execFileSync(biome, options, {
      cwd: root,
      input: JSON.stringify(schema),
      encoding: "utf8",
    });
    await expect(formatted).toMatchFileSnapshot(`${root}docs/spec/protocol.schema.json`);
  });
});

interface Shape {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Shape[];
}

function methodRows(): readonly string[][] {
  return METHODS.map((name) => [`\`${name}\``, fields(PARAMS[name]), fields(RESULTS[name])]);
}

function notificationRows(): readonly string[][] {
  return Object.entries(NOTIFICATIONS).map(([name, schema]) => [`\`${name}\``, fields(schema)]);
}

const errorRows = (): readonly string[][] =>
  Object.entries(WIRE_CODES).map(([name, number]) => [
    String(number),
    name === "DENIED" ? "none: `data` is a denial" : `\`${name}\``,
  ]);

const routeRows = (): readonly string[][] =>
  Object.entries(ADMIN_ROUTES).map(([name, { method, path }]) => {
    const { least, act } = ADMIN_DUTIES[name as AdminRouteName];
    const recorded = act === null ? "" : `\`${act}\``;
    return [`\`${name}\``, `\`${method} ${path}\``, least, recorded];
  });

const limitRows = (): readonly string[][] =>
  Object.entries(limits).map(([name, value]) => [`\`${name}\``, String(value)]);

/** Field names; those that may be left out end in a question mark. */
function fields(schema: z.ZodType): string {
  const shape = bare(schema) as Shape;
  return (shape.oneOf ?? [shape]).map(namesOf).join(" or ");
}

function namesOf({ properties = {}, required = [] }: Shape): string {
  const names = Object.keys(properties).map((name) =>
    required.includes(name) ? name : `${name}?`,
  );
  return names.length === 0 ? "none" : `\`{ ${names.join(", ")} }\``;
}

function bare(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}

function named(schemas: Readonly<Record<string, z.ZodType>>, kind: string): object {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [`${name} ${kind}`, bare(schema)]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${lines.join("\n")}\n`;
}
