export type CsvCell = string | number;

/** Rows as RFC 4180 has them, each with a line feed at its end. */
export function csvLines(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(",")}\n`).join("");
}

/** Text that a spreadsheet would take for a formula gets an apostrophe in front. */
function csvCell(value: CsvCell): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
