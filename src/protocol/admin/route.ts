import type { z } from "zod";
import { fromUtf8, utf8 } from "../../base/bytes.ts";
import { type Decoded, decode } from "../decode.ts";

// The administration interface: HTTP/1.1 over the daemon's Unix socket. Bodies are JSON but for
// the files that travel: licenses, receipts and releases in, bundles out.

/** Bytes of a license, receipt or release file that is handed in. */
const FILE_BYTES = 16_777_216;

/** Bytes of any other body. */
const JSON_BYTES = 65_536;

/** One request of an administrator, as both ends of the socket know it. */
export interface AdminRequest<Asked> {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** The longest body. */
  readonly bodyBytes: number;
  readonly write: (asked: Asked) => Written;
  /** What was asked, as the daemon believes it; labels leave here under their brand. */
  readonly read: (written: Received) => Decoded<Asked>;
}

/** A request that is answered by one JSON object. */
export interface AdminRoute<Asked, Answer> extends AdminRequest<Asked> {
  readonly answer: z.ZodType<Answer>;
}

interface Written {
  /** What is not a string is left out. */
  readonly query?: object;
  readonly body?: Uint8Array;
}

/** What arrived of a request. */
export interface Received {
  readonly query: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Says all by its name. */
export const bare = (method: "GET" | "POST", path: string): AdminRequest<undefined> => ({
  method,
  path,
  bodyBytes: JSON_BYTES,
  write: () => ({}),
  read: () => ({ kind: "decoded", value: undefined }),
});

/** Asks in its query. */
export const queried = <Asked extends object>(
  method: "GET" | "POST",
  path: string,
  read: (query: unknown) => Decoded<Asked>,
): AdminRequest<Asked> => ({
  method,
  path,
  bodyBytes: JSON_BYTES,
  write: (query) => ({ query }),
  read: ({ query }) => read(query),
});

/** Asks in a body of JSON, which is neither kept nor logged. */
export const posted = <Asked>(path: string, asked: z.ZodType<Asked>): AdminRequest<Asked> => ({
  method: "POST",
  path,
  bodyBytes: JSON_BYTES,
  write: (value) => ({ body: utf8(JSON.stringify(value)) }),
  read: ({ body }) => jsonIn(asked, body),
});

/** Hands in a file of the vendor. */
export const handedIn = (path: string): AdminRequest<Uint8Array> => ({
  method: "POST",
  path,
  bodyBytes: FILE_BYTES,
  write: (body) => ({ body }),
  read: ({ body }) => ({ kind: "decoded", value: body }),
});

function jsonIn<Asked>(schema: z.ZodType<Asked>, body: Uint8Array): Decoded<Asked> {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(body));
  } catch {
    return { kind: "refused", field: "the body", problem: "is not json" };
  }
  return decode(schema, value, "body");
}
