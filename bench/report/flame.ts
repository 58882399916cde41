/** What V8 writes with `--cpu-prof`, as far as it is needed here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface Frame {
  readonly name: string;
  readonly module: string;
  own: number;
  total: number;
  readonly children: Map<string, Frame>;
}

const WIDTH = 1_200;
const ROW = 17;
/** Narrower frames are not drawn: they could not be read. */
const LEAST = 1.2;
/** Waiting is not work. */
const IDLE = new Set(["(idle)", "(program)"]);

/** A flame graph: the wider a frame, the more CPU its function and all it calls have used. */
export function flameGraph(profile: CpuProfile, title: string): string {
  const root = merged(profile);
  const drawn: string[] = [];
  const depth = draw(root, { x: 0, level: 0, scale: WIDTH / root.total, all: root.total }, drawn);
  const height = 30 + (depth + 1) * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    "<style>text{font:11px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:14px}rect{stroke:#fff;stroke-width:.5}</style>",
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text class="t" x="8" y="18">${escaped(title)}</text>`,
    ...drawn,
    "</svg>\n",
  ].join("\n");
}

/** The same function under the same caller is one frame, wherever it was compiled. */
function merged({ nodes, samples, timeDeltas }: CpuProfile): Frame {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const spent = new Map<number, number>();
  for (const [index, id] of samples.entries()) {
    spent.set(id, (spent.get(id) ?? 0) + Math.max(0, timeDeltas[index] ?? 0));
  }
  const root = frameOf("all", "");
  const add = (id: number, parent: Frame): number => {
    const node = byId.get(id);
    if (node === undefined || IDLE.has(node.callFrame.functionName)) return 0;
    const name = node.callFrame.functionName || "(anonymous)";
    const module = moduleOf(node.callFrame.url);
    const key = `${name} ${module}`;
    const frame = parent.children.get(key) ?? frameOf(name, module);
    parent.children.set(key, frame);
    const own = spent.get(id) ?? 0;
    frame.own += own;
    let total = own;
    for (const child of node.children ?? []) total += add(child, frame);
    frame.total += total;
    return total;
  };
  const [first] = nodes;
  for (const child of first?.children ?? []) root.total += add(child, root);
  return root;
}

const frameOf = (name: string, module: string): Frame => ({
  name,
  module,
  own: 0,
  total: 0,
  children: new Map(),
});

/** `src/seats`, `node_modules/ws`, `node:net`: enough to know whose time it is. No path of a machine. */
function moduleOf(url: string): string {
  if (url.startsWith("node:")) return url;
  const outside = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (outside !== undefined) return outside;
  return /dist\/(.+)\.js$/.exec(url)?.[1] ?? "";
}

interface Place {
  readonly x: number;
  readonly level: number;
  readonly scale: number;
  readonly all: number;
}

/** Returns the deepest level that was drawn. */
function draw(frame: Frame, { x, level, scale, all }: Place, drawn: string[]): number {
  const width = frame.total * scale;
  const y = 28 + level * ROW;
  const share = ((frame.total / all) * 100).toFixed(1);
  const label = frame.module === "" ? frame.name : `${frame.name} (${frame.module})`;
  const room = Math.floor((width - 6) / 6.2);
  const text = label.length <= room ? label : room > 4 ? `${label.slice(0, room - 1)}…` : "";
  drawn.push(
    `<g><title>${escaped(label)}: ${share} %</title><rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colourOf(frame.module)}"/>` +
      (text === "" ? "" : `<text x="${(x + 3).toFixed(1)}" y="${y + 12}">${escaped(text)}</text>`) +
      "</g>",
  );
  let [deepest, at] = [level, x];
  const children = [...frame.children.values()].toSorted((left, right) => right.total - left.total);
  for (const child of children) {
    if (child.total * scale >= LEAST) {
      deepest = Math.max(deepest, draw(child, { x: at, level: level + 1, scale, all }, drawn));
    }
    at += child.total * scale;
  }
  return deepest;
}

/** Ours warm, packages green, Node blue, the engine's own grey. */
function colourOf(module: string): string {
  if (module === "") return "#cfcfcf";
  if (module.startsWith("node:")) return "#a9c7e8";
  return module.includes("/") && !module.startsWith("@") ? "#f3b562" : "#b5d99c";
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
