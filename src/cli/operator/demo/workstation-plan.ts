/** What one workstation of the demo does. */
export interface WorkstationPlan {
  readonly name: string;
  readonly user: string;
  readonly host: string;
  readonly feature: string;
  readonly wait: boolean;
  /** Holds its seat until it is told to go on, by a line on its standard input, and then `holdMs`. */
  readonly waitsForCue: boolean;
  readonly holdMs: number;
  /** Units of {@link METER} to record afterwards, one record each. */
  readonly render: readonly number[];
  readonly server: string;
  readonly vendorFile: string;
  /** Where its client key is. */
  readonly folder: string;
}

/** Something that happened to a workstation, as it says itself. */
export interface Happening {
  readonly who: string;
  readonly event: "queued" | "granted" | "released" | "lost" | "denied" | "used";
  /** The feature or meter. */
  readonly what: string;
  readonly position?: number;
  readonly reason?: string;
  readonly hint?: string;
  readonly units?: number;
  readonly heldMs?: number;
}

/** What the demo's vendor meters. */
export const METER = "render.minutes";

const EVENTS: readonly Happening["event"][] = [
  "queued",
  "granted",
  "released",
  "lost",
  "denied",
  "used",
];

/** The plan that the parent wrote. Both are of one release, so nothing is explained. */
export function decodePlan(json: string): WorkstationPlan {
  const plan = fieldsOf(JSON.parse(json));
  const { render } = plan;
  if (!Array.isArray(render)) throw new TypeError("not a plan");
  return {
    name: textIn(plan, "name"),
    user: textIn(plan, "user"),
    host: textIn(plan, "host"),
    feature: textIn(plan, "feature"),
    wait: plan["wait"] === true,
    waitsForCue: plan["waitsForCue"] === true,
    holdMs: Number(plan["holdMs"]),
    render: render.map(Number),
    server: textIn(plan, "server"),
    vendorFile: textIn(plan, "vendorFile"),
    folder: textIn(plan, "folder"),
  };
}

/** A line that a workstation printed; undefined for any other line. */
export function decodeHappening(line: string): Happening | undefined {
  if (!line.startsWith("{")) return undefined;
  const said = fieldsOf(JSON.parse(line));
  const event = EVENTS.find((known) => known === said["event"]);
  if (event === undefined) return undefined;
  return {
    who: textIn(said, "who"),
    event,
    what: textIn(said, "what"),
    ...numberIn(said, "position"),
    ...numberIn(said, "units"),
    ...numberIn(said, "heldMs"),
    ...(typeof said["reason"] === "string" ? { reason: said["reason"] } : {}),
    ...(typeof said["hint"] === "string" ? { hint: said["hint"] } : {}),
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new TypeError("not an object");
  return Object.fromEntries(Object.entries(value));
}

function textIn(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new TypeError(`no ${name}`);
  return value;
}

function numberIn<Name extends string>(
  fields: Readonly<Record<string, unknown>>,
  name: Name,
): Partial<Readonly<Record<Name, number>>> {
  const value = fields[name];
  if (typeof value !== "number") return {};
  const found: Partial<Record<Name, number>> = {};
  found[name] = value;
  return found;
}
