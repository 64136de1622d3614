/** A scorecard as text for a terminal: a table for each subject, a line for each bucket. */
import { HORIZONS_S, type ScorecardReport, type ScorecardRow } from './scorecard.js';

const EMPTY = '·';

const percent = (rate: number | null): string =>
  rate === null ? EMPTY : `${(rate * 100).toFixed(1)} %`;
const signed = (bps: number | null): string =>
  bps === null ? EMPTY : `${bps >= 0 ? '+' : '−'}${Math.abs(bps).toFixed(2)}`;

/** Cells: hit rate, mean gain in basis points the way it pointed, looks. */
function cell(row: ScorecardRow | undefined): string {
  if (row === undefined) return EMPTY;
  return `${percent(row.hitRate)} ${signed(row.meanGainBps)} (${row.looks})`;
}

export function scorecardText({ looks, subjects }: ScorecardReport): string {
  const title = `${looks} looks. Hit rate of moves, mean gain in bps the way it pointed, (looks):`;
  const tables = subjects
    .filter(({ rows }) => rows.length > 0)
    .map(({ name, rows }) => [line([name, ...HORIZONS_S.map((s) => `${s} s`)]), ...lines(rows)]);
  return [title, ...tables.map((table) => table.join('\n'))].join('\n\n');
}

function lines(rows: readonly ScorecardRow[]): string[] {
  const froms = [...new Set(rows.map(({ from }) => from))];
  return froms.map((from) => {
    const bucket = rows.filter((row) => row.from === from);
    const cells = HORIZONS_S.map((s) =>
      cell(bucket.find(({ afterSeconds }) => afterSeconds === s)),
    );
    return line([`${from}–${bucket[0]?.to ?? ''}`, ...cells]);
  });
}

const line = (cells: readonly string[]): string =>
  cells.map((text, index) => (index === 0 ? text.padEnd(12) : text.padStart(26))).join('');
