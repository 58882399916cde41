import type { AuditedBlock } from "./audit-report.ts";
import { type Fact, factsOf, type Plain, type PlainFields, plain, spokenValue } from "./facts.ts";

/** A block as a person reads it: a heading, values by name, and tables where it has lists. */
export interface BlockPage {
  readonly heading: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly tables: readonly BlockTable[];
}

interface BlockTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Everything that a block tells, for people. */
export function pageOf(block: AuditedBlock): BlockPage {
  const { index, segment, indexInSegment, bytes } = block;
  const place = `block ${index}  segment ${segment}.${indexInSegment}`;
  const fields = fieldsOf(block);
  return {
    heading: `${place}  ${titleOf(block)}  ${bytes} bytes`,
    facts: Object.entries(fields).flatMap(([name, value]) =>
      isTable(value) ? [] : factsOf(value, name).map(spoken),
    ),
    tables: Object.entries(fields).flatMap(([title, value]) =>
      isTable(value) ? [tableOf(title, value)] : [],
    ),
  };
}

/** The same for scripts: the payload with every field it has, bytes in hex. */
export function recordOf(block: AuditedBlock): PlainFields {
  const { index, segment, indexInSegment, type, bytes, content, readers } = block;
  return {
    index,
    segment,
    indexInSegment,
    type,
    bytes,
    content: content.kind,
    ...(readers ? { readers: plain(readers) } : {}),
    ...(content.kind === "opened"
      ? { payload: plain(content.payload), plaintext: plain(content.plaintext) }
      : {}),
  };
}

/** What the rows of {@link cellsOf} are. */
export const CELLS = ["block", "segment", "type", "field", "value"] as const;

/** One row for each value, as it was sealed. A block that was not opened has one row that says so. */
export function cellsOf(block: AuditedBlock): readonly (readonly (string | number)[])[] {
  const { index, segment, type, content, readers } = block;
  const leading = [index, segment, type];
  const facts = [
    ...(readers ? factsOf(plain(readers), "readers") : []),
    ...(content.kind === "opened"
      ? factsOf(plain(content.payload))
      : [{ field: "content", value: content.kind }]),
  ];
  return facts.map(({ field, value }) => [
    ...leading,
    field,
    typeof value === "number" ? value : String(value ?? ""),
  ]);
}

function titleOf({ type, content }: AuditedBlock): string {
  if (content.kind !== "opened") return type;
  return content.payload.type === "genesis" ? "segment, the first of the ledger" : type;
}

function fieldsOf({ content, readers }: AuditedBlock): Readonly<Record<string, Plain>> {
  const who = readers ? { readers: plain(readers) } : {};
  if (content.kind === "sealed") return { ...who, content: "sealed under keys not given" };
  if (content.kind === "broken")
    return { ...who, content: "does not hold what its keys vouch for" };
  const fields = plain(content.payload);
  if (!isFields(fields)) throw new TypeError("a payload without fields");
  const { type: _, ...others } = fields;
  return { ...who, ...others };
}

const spoken = ({ field, value }: Fact): readonly [string, string] => [
  field,
  spokenValue(field.split(".").at(-1) ?? "", value),
];

const isFields = (value: Plain | undefined): value is PlainFields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTable = (value: Plain): value is readonly PlainFields[] =>
  Array.isArray(value) && value.length > 0 && value.every(isFields);

function tableOf(title: string, rows: readonly PlainFields[]): BlockTable {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return {
    title,
    columns,
    rows: rows.map((row) => columns.map((name) => cellOf(name, row[name]))),
  };
}

/** A cell of a table; what is a list itself is written in one line. */
function cellOf(name: string, value: Plain | undefined): string {
  if (value === undefined) return "";
  if (value === null || typeof value !== "object") return spokenValue(name, value);
  if (!isFields(value)) return value.map((inner) => cellOf(name, inner)).join("; ");
  return Object.values(value)
    .map((inner) => cellOf(name, inner))
    .join(" ");
}
