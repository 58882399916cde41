/** One column: its heading, and which edge its cells line up at. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/**
 * A table as lines without trailing blanks, columns two blanks apart. Widths are counted in code
 * points. Line feeds and tabs inside a cell become blanks, so that a row stays one line.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const cells = [columns.map((column) => column.title), ...rows].map((row) =>
    row.map((cell) => cell.replace(/[\n\t]/g, " ")),
  );
  const widths = columns.map((_, index) =>
    Math.max(0, ...cells.map((row) => width(row[index] ?? ""))),
  );
  return cells.map((row) =>
    columns
      .map((column, index) => padded(row[index] ?? "", widths[index] ?? 0, column.align))
      .join("  ")
      .trimEnd(),
  );
}

function padded(cell: string, size: number, align: Column["align"]): string {
  const blanks = " ".repeat(Math.max(0, size - width(cell)));
  return align === "right" ? blanks + cell : cell + blanks;
}

const width = (cell: string): number => Array.from(cell).length;
