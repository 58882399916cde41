/**
 * Turns the log's JSON lines into lines for a person at a terminal:
 * `12:00:00.000 info  lease.granted feature=cad.pro count=1`.
 */
export function readableLines(write: (line: string) => void): { write(line: string): void } {
  return {
    write(line: string): void {
      write(readable(line));
    },
  };
}

function readable(line: string): string {
  const fields: unknown = JSON.parse(line);
  if (typeof fields !== "object" || fields === null) return line;
  const { time, level, event, ...facts } = { time: "", level: "", event: "", ...fields };
  const tail = Object.entries(facts).map(([name, value]) => ` ${name}=${plain(value)}`);
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${event}${tail.join("")}\n`;
}

function plain(value: unknown): string {
  const bare = typeof value === "string" && /^[^\s"=]+$/.test(value);
  return bare ? value : JSON.stringify(value);
}
