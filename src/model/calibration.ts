/**
 * What a strategy's confidence has been worth: measured hit rates by stretches of confidence, and
 * the file that they travel in. Reading refuses what is malformed or too thin to trust.
 */
import { fail, ok, type Result } from './result.js';

/** Confidence from `from` (included) to `to` was right in this share of its looks. */
export interface CalibrationPoint {
  readonly from: number;
  readonly to: number;
  /** 0–1, never falling from one point to the next. */
  readonly hitRate: number;
  /** Looks after which the mid had moved. */
  readonly looks: number;
}

export interface Calibration {
  /** How long after a look it was judged. */
  readonly afterSeconds: number;
  /** By strategy; stretches in ascending order that do not overlap. */
  readonly strategies: Readonly<Record<string, readonly CalibrationPoint[]>>;
  /** What they were measured with, by strategy; of those that are not named nothing is known. */
  readonly settings?: Readonly<Record<string, ConfidenceSettings>>;
}

/** What a confidence is made of, by the settings' names. */
export type ConfidenceSettings = Readonly<Record<string, unknown>>;

/** What a file must hold at least, per strategy and per stretch. */
export const LOOKS_MIN = 300;
export const LOOKS_PER_POINT_MIN = 30;
const KIND = 'perpetua.calibration/1';
const STRATEGIES_MAX = 64;
const POINTS_MAX = 100;

export const calibrationText = (calibration: Calibration): string =>
  `${JSON.stringify({ kind: KIND, ...calibration }, null, 2)}\n`;

/** The stretches of one strategy, out of a file's text; measured with these settings, if given. */
export function readCalibration(
  text: string,
  strategy: string,
  settings?: ConfidenceSettings,
): Result<readonly CalibrationPoint[]> {
  const file = parse(text);
  if (!file.ok) return file;
  const points = file.value.strategies[strategy];
  const names = Object.keys(file.value.strategies);
  if (points === undefined) {
    const held = names.length === 0 ? 'none' : names.join(', ');
    return fail('calibration.absent', `expected looks of strategy ${strategy}, was of: ${held}`);
  }
  const other = differences(file.value.settings?.[strategy], settings);
  if (other.length > 0) {
    const words = `measured with other settings (${other.join(', ')})`;
    return fail('calibration.settings', `${words}: measure again with replay --config`);
  }
  const looks = points.reduce((sum, point) => sum + point.looks, 0);
  const thin = points.find((point) => point.looks < LOOKS_PER_POINT_MIN);
  if (looks < LOOKS_MIN) {
    return fail('calibration.thin', `expected at least ${LOOKS_MIN} looks, was ${looks}: too thin`);
  }
  if (thin !== undefined) {
    const stretch = `confidence ${thin.from} to ${thin.to}`;
    const words = `expected at least ${LOOKS_PER_POINT_MIN} looks at ${stretch}, was ${thin.looks}`;
    return fail('calibration.thin', words);
  }
  return ok(points);
}

/** The stretch of this confidence; beyond what was seen, the nearest one. At least one point. */
export function pointOf(
  points: readonly CalibrationPoint[],
  confidence: number,
): CalibrationPoint | undefined {
  return points.find(({ to }) => confidence < to) ?? points.at(-1);
}

function differences(
  measured: ConfidenceSettings | undefined,
  used: ConfidenceSettings | undefined,
): readonly string[] {
  if (measured === undefined || used === undefined) return [];
  const names = new Set([...Object.keys(measured), ...Object.keys(used)]);
  return [...names].flatMap((name) => {
    const [was, is] = [JSON.stringify(measured[name]), JSON.stringify(used[name])];
    return was === is ? [] : [`${name} ${was ?? 'unset'}, now ${is ?? 'unset'}`];
  });
}

function parse(text: string): Result<Calibration> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return malformed('JSON', text.slice(0, 40));
  }
  if (!isObject(json) || json['kind'] !== KIND) return malformed(`kind ${KIND}`, json);
  const { afterSeconds, strategies, settings = {} } = json;
  if (!isBetween(afterSeconds, 0, 86_400)) return malformed('afterSeconds > 0', afterSeconds);
  if (!isObject(strategies)) return malformed('strategies by name', strategies);
  if (!isObject(settings) || !Object.values(settings).every(isObject)) {
    return malformed('settings by strategy', settings);
  }
  const entries = Object.entries(strategies);
  if (entries.length > STRATEGIES_MAX) return malformed('fewer strategies', entries.length);
  for (const [name, points] of entries) {
    const fault = faultOf(points);
    if (fault !== undefined) return malformed(`${name}: ${fault.expected}`, fault.was);
  }
  return ok({
    afterSeconds,
    strategies: strategies as Calibration['strategies'],
    settings: settings as NonNullable<Calibration['settings']>,
  });
}

interface PointFault {
  readonly expected: string;
  readonly was: unknown;
}

function faultOf(points: unknown): PointFault | undefined {
  if (!Array.isArray(points) || points.length === 0 || points.length > POINTS_MAX) {
    return { expected: `1 to ${POINTS_MAX} stretches`, was: points };
  }
  let before = { to: 0, hitRate: 0 };
  for (const point of points as readonly unknown[]) {
    if (!isPoint(point)) return { expected: 'from, to, hitRate and looks', was: point };
    if (point.from < before.to || point.to <= point.from) {
      return { expected: 'stretches in ascending order', was: point };
    }
    if (point.hitRate < before.hitRate) {
      return { expected: 'hit rates that never fall', was: point };
    }
    before = point;
  }
  return undefined;
}

function isPoint(value: unknown): value is CalibrationPoint {
  if (!isObject(value)) return false;
  const { from, to, hitRate, looks } = value;
  const isStretch = isBetween(from, 0, 1) && isBetween(to, 0, 1) && isBetween(hitRate, 0, 1);
  return isStretch && Number.isSafeInteger(looks) && isBetween(looks, 0, Infinity);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isBetween = (value: unknown, low: number, high: number): value is number =>
  typeof value === 'number' && value >= low && value <= high;

const malformed = (expected: string, was: unknown): ReturnType<typeof fail> =>
  fail('calibration.malformed', `expected ${expected}, was ${JSON.stringify(was)?.slice(0, 80)}`);
