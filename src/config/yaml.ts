import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from "yaml";
import { ConfigError } from "./errors.ts";

/** A place in a text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlText {
  /** Plain data: objects, arrays, strings, numbers, booleans, null. */
  readonly value: unknown;
  /** Where the entry of this path is written, or else the nearest entry around it. */
  readonly lineOf: (path: readonly (string | number)[]) => Place;
}

/** Characters of a file; ours have some thousand. */
const LONGEST_FILE = 1_048_576;

/**
 * Reads one YAML 1.2 document. Duplicate keys, unknown tags, anchors' aliases and further documents
 * are refused: a settings file says each thing once.
 * @throws {@link ConfigError} `CONFIG_YAML` with the line. `path` only names the file in it.
 */
export function readYaml(text: string, path: string): YamlText {
  if (text.length > LONGEST_FILE) throw refusal(path, { line: 1, column: 1 }, "is too long");
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // A list or map as a key would be turned into text, with a warning of the YAML reader's own.
    stringKeys: true,
  });
  const [complaint] = [...document.errors, ...document.warnings];
  if (complaint !== undefined) throw syntaxError(path, lines, complaint);
  return {
    value: plain(() => document.toJS({ maxAliasCount: 0 }), path),
    lineOf: (at) => placeAt(lines, nearest(document.contents, at)),
  };
}

function plain(read: () => unknown, path: string): unknown {
  try {
    return read();
  } catch {
    throw refusal(path, { line: 1, column: 1 }, "aliases (*name) are not supported");
  }
}

function syntaxError(path: string, lines: LineCounter, error: YAMLError): ConfigError {
  const reason =
    error.code === "NON_STRING_KEY"
      ? "the name of an entry is a list or a map"
      : error.message.charAt(0).toLowerCase() + error.message.slice(1);
  return refusal(path, placeAt(lines, error.pos[0]), reason);
}

function refusal(path: string, place: Place, reason: string): ConfigError {
  const problem = { path, ...place, field: "", reason };
  return new ConfigError("CONFIG_YAML", [problem], "correct the file; it is read as YAML 1.2");
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** The offset of the deepest entry of `path` that exists: of its key, or of an array's item. */
function nearest(root: Node | null, path: readonly (string | number)[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    const found = entry(node, step);
    if (found === undefined) return offset;
    node = found.node;
    offset = found.offset;
  }
  return offset;
}

function entry(
  node: unknown,
  step: string | number,
): { readonly node: unknown; readonly offset: number } | undefined {
  if (isSeq<Node>(node) && typeof step === "number") {
    const item = node.items[step];
    return item?.range ? { node: item, offset: item.range[0] } : undefined;
  }
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair?.key.range ? { node: pair.value, offset: pair.key.range[0] } : undefined;
}
