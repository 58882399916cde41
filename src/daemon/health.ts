/** A small text answer over HTTP. */
export interface Page {
  readonly status: number;
  readonly body: string;
  /** Its media type; left out, plain text. */
  readonly type?: string;
}

/** Why the daemon cannot do its work at present: a stable code and a sentence. */
export interface NotReady {
  readonly code: string;
  readonly reason: string;
  /** What the operator can do next. */
  readonly hint?: string | undefined;
}

/**
 * `/healthz`: the process answers. `/readyz`: it can also grant seats; otherwise 503 and one line
 * for each reason. Neither says who uses what.
 */
export function healthPage(path: string, reasons: () => readonly NotReady[]): Page | undefined {
  if (path === "/healthz") return { status: 200, body: "ok\n" };
  if (path !== "/readyz") return undefined;
  const open = reasons();
  if (open.length === 0) return { status: 200, body: "ready\n" };
  return { status: 503, body: open.map(({ code, reason }) => `${code}: ${reason}\n`).join("") };
}
