/**
 * The settings of one strategy: what all have, and what each has of its own. An entry names one of
 * ours, or a file with one of the user's; unknown keys are refused in both.
 */
import Type, { type Static, type TProperties } from 'typebox';

const positive = (value: number, description: string) =>
  Type.Number({ exclusiveMinimum: 0, default: value, description });
const upTo = (value: number, maximum: number, description: string) =>
  Type.Number({ exclusiveMinimum: 0, maximum, default: value, description });
const least = (value: number, description: string) =>
  Type.Number({ minimum: 0, default: value, description });
const share = (value: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 1, default: value, description });
const count = (value: number, maximum: number, description: string) =>
  Type.Integer({ minimum: 1, maximum, default: value, description });
const fee = (value: number, description: string) =>
  Type.Number({ minimum: -10, maximum: 100, default: value, description });

/** The longest that a machine waits. */
const DAY_SECONDS = 86_400;
/** Half the price away is hardly a limit; at the whole of it a sell would have none. */
const SLIPPAGE_BPS_MAX = 5_000;

const common = {
  orderNotionalUsd: positive(500, 'Size of an entry, USD.'),
  maxPositions: count(3, 100, 'Positions at once over all markets.'),
  maxHoldSeconds: upTo(30, DAY_SECONDS, 'A position older than this is left.'),
  coolDownSeconds: upTo(5, DAY_SECONDS, 'Rest after a position, per market.'),
  stopBps: positive(60, 'Leave when this much is lost from entry, basis points.'),
  takeBps: positive(120, 'Leave when this much is won from entry, basis points.'),
  slippageBps: upTo(10, SLIPPAGE_BPS_MAX, 'Limit price beyond the touch, basis points.'),
  takerFeeBps: fee(5, 'Fee of a taker fill, for the cost gate, basis points.'),
  makerFeeBps: fee(1, 'Fee of a maker fill, basis points; below zero is a rebate.'),
  calibration: Type.Optional(
    Type.String({ minLength: 1, description: 'File that `replay --calibration` wrote.' }),
  ),
};

/** Of strategies that quote. */
const quoting = {
  requoteBps: least(1, 'A resting quote is changed when it is further off, basis points.'),
};

const entry = <N extends string, P extends TProperties>(name: N, properties: P) =>
  Type.Object(
    { name: Type.Literal(name, { default: name }), ...common, ...properties },
    { additionalProperties: false },
  );

export const strategySchemas = {
  sniper: entry('sniper', {
    minConfidence: share(0.8, 'Enter above this confidence.'),
    targetBps: positive(60, 'Move that a direction of 1 hopes for, basis points.'),
    exitDirection: share(0.1, 'Leave longs below this direction, shorts above its negative.'),
  }),
  meanReversion: entry('meanReversion', {
    windowSeconds: count(180, 3_600, 'Seconds of mids that the mid is measured against.'),
    samplesMin: count(60, 3_600, 'Seconds with a look, before it judges.'),
    zEnter: positive(2.5, 'Enter beyond so many deviations from the mean.'),
    zExit: least(0.5, 'Leave within so many.'),
    zMax: positive(6, 'Do not enter beyond so many.'),
  }),
  momentumBreakout: entry('momentumBreakout', {
    candles: count(20, 500, 'Minutes of the range that is to be broken.'),
    candlesMin: count(10, 500, 'Of them, minutes with trades, before it judges.'),
    breaking: count(2, 60, 'Minutes that may break it, the open one included.'),
    bufferBps: least(1, 'Enter so far beyond the range, basis points.'),
    volumeFactor: positive(1.5, 'Volume per minute against that of the range.'),
  }),
  orderBookScalper: entry('orderBookScalper', {
    spreadBpsMax: positive(5, 'Widest spread to trade, basis points.'),
    imbalanceMin: share(0.4, 'Least lean of the visible book.'),
    flowMin: share(0.4, 'Least lean of what takers did.'),
    flowSeconds: positive(10, 'How long what they did counts.'),
    tradesMin: count(3, 64, 'Trades in that time, before it judges.'),
    targetBps: positive(30, 'Move that a lean of 1 hopes for, basis points.'),
  }),
  marketMaker: entry('marketMaker', {
    halfSpreadBps: positive(6, "Each quote's distance from the fair price, at least."),
    edgeBpsMin: least(1, 'What a filled quote must earn above the maker fee, basis points.'),
    volatilityFactor: least(0.5, 'Distance as a part of the movement per minute.'),
    skewBps: least(6, 'How far a full inventory moves the fair price, basis points.'),
    inventoryUsdMax: positive(1_000, 'Most to hold, either way, USD.'),
    ...quoting,
    maxHoldSeconds: upTo(
      DAY_SECONDS,
      DAY_SECONDS,
      'Inventory that was not flat for longer is left.',
    ),
  }),
} as const;

export type StrategyName = keyof typeof strategySchemas;
export const STRATEGY_NAMES = Object.keys(strategySchemas) as readonly StrategyName[];
export const isStrategyName = (name: unknown): name is StrategyName =>
  typeof name === 'string' && Object.hasOwn(strategySchemas, name);

/** A user's own. It is called by the file's name without its ending. */
export const fileStrategySchema = Type.Object(
  {
    file: Type.String({ minLength: 1, description: 'File with a strategy, .ts or .js.' }),
    ...common,
    ...quoting,
    options: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: 'Handed to its createStrategy.',
    }),
  },
  { additionalProperties: false },
);

export type FileSettings = Static<typeof fileStrategySchema> & { readonly name: string };
export type NamedSettings = {
  [N in StrategyName]: Static<(typeof strategySchemas)[N]>;
}[StrategyName];
/** As used. */
export type StrategySettings = NamedSettings | FileSettings;

/** Not what confidence is made of, but what is done with it. */
const BESIDE_CONFIDENCE = new Set<string>([
  ...Object.keys(common),
  ...Object.keys(quoting),
  'name',
  'file',
  'minConfidence',
  'targetBps',
  'exitDirection',
]);

/** What a strategy's confidence is made of: a calibration holds for these only. */
export const confidenceSettings = (settings: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => !BESIDE_CONFIDENCE.has(key)));

/** Settings that are possible each for itself, but not together: [path, what is expected]. */
export function contradictions(settings: StrategySettings): readonly (readonly [string, string])[] {
  if ('file' in settings) return [];
  const found: (readonly [string, string])[] = [];
  if (settings.name === 'meanReversion') {
    const { zEnter, zExit, zMax, samplesMin, windowSeconds } = settings;
    if (!(zExit < zEnter)) found.push(['zExit', `a number below zEnter ${zEnter}, was ${zExit}`]);
    if (!(zMax > zEnter)) found.push(['zMax', `a number above zEnter ${zEnter}, was ${zMax}`]);
    if (!(samplesMin <= windowSeconds)) {
      found.push(['samplesMin', `at most windowSeconds ${windowSeconds}, was ${samplesMin}`]);
    }
  }
  if (settings.name === 'momentumBreakout' && !(settings.candlesMin <= settings.candles)) {
    const { candles, candlesMin } = settings;
    found.push(['candlesMin', `at most candles ${candles}, was ${candlesMin}`]);
  }
  return found;
}
