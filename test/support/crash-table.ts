/** What came of each kill, by the kind of its point, and whether the demands are kept. */

/** One kill and the restart after it. */
export interface CrashOutcome {
  /** What the process was doing, such as `write order.intent` or `sent place`. */
  readonly point: string;
  /** Fills of the exchange that the journal has not, or whose order it does not know. */
  readonly lost: number;
  /** Fills that the journal has twice, or that the exchange has not. */
  readonly doubled: number;
  /** Order numbers, or intents that add risk, that reached the exchange twice. */
  readonly resent: number;
  /** Markets in which the position is not the exchange's. */
  readonly apart: number;
  /** Whatever else is not as it should be, in words: a halt that nobody asked for. */
  readonly troubles: readonly string[];
  /** From the start to being ready to trade, milliseconds. */
  readonly recoveryMs: number;
}

export const RECOVERY_MS_MAX = 5_000;

/** Nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

const sum = (outcomes: readonly CrashOutcome[], of: (outcome: CrashOutcome) => number): number =>
  outcomes.reduce((total, outcome) => total + of(outcome), 0);

/** The demands that are broken, in words. */
export function brokenDemands(outcomes: readonly CrashOutcome[]): readonly string[] {
  const p99 = percentile(
    outcomes.map(({ recoveryMs }) => recoveryMs),
    0.99,
  );
  const counts = [
    ['lost fills', sum(outcomes, ({ lost }) => lost)],
    ['double fills', sum(outcomes, ({ doubled }) => doubled)],
    ['double sends', sum(outcomes, ({ resent }) => resent)],
    ['positions that are not the exchange’s', sum(outcomes, ({ apart }) => apart)],
  ] as const;
  return [
    ...counts.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`),
    ...(p99 <= RECOVERY_MS_MAX ? [] : [`back to trading in ${p99} ms (p99)`]),
    ...outcomes.flatMap(({ point, troubles }) => troubles.map((words) => `${point}: ${words}`)),
  ];
}

const COLUMNS = ['point', 'kills', 'lost', 'double', 'resent', 'apart', 'p50 ms', 'p99 ms'];

/** Markdown, one row a kind of point, in alphabetical order, and their sum. */
export function crashTable(outcomes: readonly CrashOutcome[]): string {
  const points = [...new Set(outcomes.map(({ point }) => point))].sort((a, b) => (a < b ? -1 : 1));
  const rows = points.map((point) =>
    rowOf(
      point,
      outcomes.filter((outcome) => outcome.point === point),
    ),
  );
  const lines = [COLUMNS, COLUMNS.map(() => '---'), ...rows, rowOf('all', outcomes)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function rowOf(point: string, outcomes: readonly CrashOutcome[]): readonly string[] {
  const times = outcomes.map(({ recoveryMs }) => recoveryMs);
  return [
    point,
    outcomes.length,
    sum(outcomes, ({ lost }) => lost),
    sum(outcomes, ({ doubled }) => doubled),
    sum(outcomes, ({ resent }) => resent),
    sum(outcomes, ({ apart }) => apart),
    Math.round(percentile(times, 0.5)),
    Math.round(percentile(times, 0.99)),
  ].map(String);
}
