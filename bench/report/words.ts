import type { Quantiles } from "../measure/histogram.ts";

/** 1,234,567 or 12.3 or 0.123: three figures are what such a measurement is worth. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 10 ? 1 : 2);
}

export const times = (ratio: number): string => `${number(ratio)}x`;
export const percent = (share: number): string => `${Math.round(share * 100)} %`;
export const millis = (value: number): string => `${number(value)} ms`;
export const mebi = (value: number): string => `${number(value)} MiB`;

export const QUANTILE_COLUMNS: readonly string[] = ["p50", "p90", "p99", "p99.9", "max"];

export const quantileCells = (latency: Quantiles): readonly string[] =>
  [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(millis);
