/** What the parts find out: figures with their goals, printed as one table and written as JSON. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';

export interface Row {
  readonly figure: string;
  /** In words; empty for a row that is there for comparison only. */
  readonly goal: string;
  readonly measured: string;
  /** The number behind it; NaN when it could not be measured. */
  readonly value: number;
  /** Undefined: no goal, or not measured. */
  readonly passes: boolean | undefined;
}

export interface Limit {
  readonly atLeast?: number;
  readonly atMost?: number;
}

const HEADER = ['figure', 'goal', 'measured', ''] as const;

export const times = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)}×`;
export const nanoseconds = (value: number): string => `${value.toFixed(0)} ns/frame`;
export const milliseconds = (value: number): string => `${value.toFixed(2)} ms`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** A figure that is held to a limit. */
export function judged(
  figure: string,
  value: number,
  limit: Limit & { readonly show: (value: number) => string; readonly note?: string },
): Row {
  const { atLeast, atMost, show, note } = limit;
  const goal = atLeast === undefined ? `≤ ${show(atMost ?? NaN)}` : `≥ ${show(atLeast)}`;
  const isKept = value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
  const measured = note === undefined ? show(value) : `${show(value)} (${note})`;
  return { figure, goal, measured, value, passes: Number.isNaN(value) ? undefined : isKept };
}

/** A figure for comparison. */
export const told = (figure: string, value: number, measured: string): Row => ({
  figure,
  goal: '',
  measured,
  value,
  passes: undefined,
});

export const absent = (figure: string, goal: string, why: string): Row => ({
  figure,
  goal,
  measured: why,
  value: NaN,
  passes: undefined,
});

const verdictOf = ({ passes, goal }: Row): string => {
  if (passes === undefined) return goal === '' ? '' : '–';
  return passes ? 'pass' : 'FAIL';
};

export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((row) => [row.figure, row.goal, row.measured, verdictOf(row)]);
  const widths = HEADER.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const print = (line: readonly string[]): void =>
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  print(HEADER);
  cells.forEach(print);
}

export function writeJson(path: string, rows: readonly Row[], options: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const machine = {
    node: process.version,
    processors: cpus().map(({ model }) => model),
    load: loadavg(),
  };
  const report = { at: new Date().toISOString(), machine, options, rows };
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
}
