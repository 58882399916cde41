import type { Plot } from "../scenario.ts";
import { number } from "./words.ts";

const WIDTH = 720;
const COLOURS = ["#2f6f9f", "#c2571a", "#4b8b3b", "#8b5fa8", "#8a8a8a"];
const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600; font-size: 14px }
.axis { stroke: #999; fill: none }
.grid { stroke: #ddd }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .grid { stroke: #444 } .axis { stroke: #888 } }
</style>`;

/** A plot as a self-contained SVG, readable on light and dark pages. */
export function svgOf(plot: Plot): string {
  return plot.kind === "bars" ? barsOf(plot) : linesOf(plot);
}

function barsOf(plot: Extract<Plot, { kind: "bars" }>): string {
  const height = 40 + plot.bars.length * 28;
  const most = Math.max(...plot.bars.map(({ value }) => value));
  const left = 230;
  const room = WIDTH - left - 110;
  const rows = plot.bars.map(({ label, value }, index) => {
    const y = 36 + index * 28;
    const width = Math.max(1, (value / most) * room);
    return [
      `<text x="${left - 8}" y="${y + 14}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${left}" y="${y}" width="${width.toFixed(1)}" height="20" fill="${COLOURS[index === 0 ? 1 : 0]}"/>`,
      `<text x="${(left + width + 6).toFixed(1)}" y="${y + 14}">${number(value)} ${escaped(plot.unit)}</text>`,
    ].join("\n");
  });
  return document(height, plot.title, rows);
}

const HEIGHT = 340;
const BOX = { left: 70, top: 36, right: WIDTH - 150, bottom: HEIGHT - 46 };

function linesOf(plot: Extract<Plot, { kind: "lines" }>): string {
  const points = plot.lines.flatMap((line) => line.points);
  const along =
    plot.logarithmic === true ? (value: number) => Math.log10(Math.max(1, value)) : same;
  const xs = points.map(([x]) => along(x));
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  const top = niceTop(Math.max(...points.map(([, y]) => y)));
  const x = (value: number): number =>
    BOX.left + ((along(value) - least) / (most - least || 1)) * (BOX.right - BOX.left);
  const y = (value: number): number => BOX.bottom - (value / top) * (BOX.bottom - BOX.top);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = y(share * top).toFixed(1);
    return (
      `<line class="grid" x1="${BOX.left}" x2="${BOX.right}" y1="${at}" y2="${at}"/>` +
      `<text x="${BOX.left - 6}" y="${Number(at) + 4}" text-anchor="end">${number(share * top)}</text>`
    );
  });
  const ticks = ticksOf(plot).map(
    (value) =>
      `<text x="${x(value).toFixed(1)}" y="${BOX.bottom + 18}" text-anchor="middle">${number(value)}</text>`,
  );
  const lines = plot.lines.map(({ label, points: own }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? "#000";
    const path = own.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(" ");
    const dots = own
      .map(
        ([px, py]) =>
          `<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3" fill="${colour}"/>`,
      )
      .join("");
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${own.length > 30 ? "" : dots}`,
      `<rect x="${BOX.right + 16}" y="${BOX.top + index * 20}" width="12" height="12" fill="${colour}"/>`,
      `<text x="${BOX.right + 34}" y="${BOX.top + 11 + index * 20}">${escaped(label)}</text>`,
    ].join("\n");
  });
  const frame = `<path class="axis" d="M${BOX.left} ${BOX.top}V${BOX.bottom}H${BOX.right}"/>`;
  const names = [
    `<text x="${BOX.right}" y="${HEIGHT - 8}" text-anchor="end">${escaped(plot.x)}</text>`,
    `<text x="${BOX.left}" y="${BOX.top - 6}" text-anchor="start">${escaped(plot.y)}</text>`,
  ];
  return document(HEIGHT, plot.title, [...grid, frame, ...ticks, ...lines, ...names]);
}

/** Where the points are, unless they are too many to be named. */
function ticksOf({ lines }: Extract<Plot, { kind: "lines" }>): readonly number[] {
  const all = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].toSorted(
    (left, right) => left - right,
  );
  const step = Math.ceil(all.length / 8);
  return all.filter((_, index) => index % step === 0);
}

/** 1, 2 or 5 times a power of ten. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

const same = (value: number): number => value;

function document(height: number, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    STYLE,
    `<text class="title" x="8" y="18">${escaped(title)}</text>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
