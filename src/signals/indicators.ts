/**
 * Standard indicators for strategy authors: the one file that knows the library they come from.
 * Numbers in, plain numbers out; undefined until an indicator has seen what its formula needs.
 */
import { ATR, BollingerBands, EMA, MACD, RSI } from 'trading-signals';
import { assert } from '../model/result.js';

export interface Indicator<Input, Output> {
  /** Takes the next value of the series and says what the indicator is now. */
  update(input: Input): Output | undefined;
  /** As of the newest value. */
  readonly value: Output | undefined;
}

/** Of a closed candle, in any one unit: ticks or USD. */
export interface Range {
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export interface Bands {
  readonly lower: number;
  readonly middle: number;
  readonly upper: number;
}

export interface MacdLines {
  readonly macd: number;
  readonly signal: number;
  /** macd − signal. */
  readonly histogram: number;
}

/** Longer is a mistake: each period is memory. */
const PERIOD_MAX = 10_000;

interface Source<Input, Output> {
  readonly isStable: boolean;
  update(input: Input, replace: boolean): Output | null;
}

class Wrapped<Input, Output> implements Indicator<Input, Output> {
  readonly #source: Source<Input, Output>;
  readonly #isFinite: (input: Input) => boolean;
  #value: Output | undefined;

  constructor(source: Source<Input, Output>, isFinite: (input: Input) => boolean) {
    this.#source = source;
    this.#isFinite = isFinite;
  }

  get value(): Output | undefined {
    return this.#value;
  }

  update(input: Input): Output | undefined {
    assert(this.#isFinite(input), 'an indicator: expected finite numbers');
    const result = this.#source.update(input, false);
    this.#value = this.#source.isStable && result !== null ? result : undefined;
    return this.#value;
  }
}

function checked(period: number): number {
  const isPeriod = Number.isInteger(period) && period >= 1 && period <= PERIOD_MAX;
  assert(isPeriod, `an indicator: expected a period from 1 to ${PERIOD_MAX}, was ${period}`);
  return period;
}

const ofNumbers = <Output>(source: Source<number, Output>): Indicator<number, Output> =>
  new Wrapped(source, Number.isFinite);

/**
 * Exponential moving average, weight 2 ÷ (period + 1), begun with the first value and not with a
 * simple average: it needs about five periods to forget that.
 */
export const ema = (period: number): Indicator<number, number> =>
  ofNumbers(new EMA(checked(period)));

/** Relative strength index, 0–100, with Wilder's smoothing. */
export const rsi = (period = 14): Indicator<number, number> => ofNumbers(new RSI(checked(period)));

/** Average true range with Wilder's smoothing, in the unit of its candles. */
export const atr = (period = 14): Indicator<Range, number> =>
  new Wrapped<Range, number>(
    new ATR(checked(period)),
    ({ high, low, close }) => Number.isFinite(high + low + close) && high >= low,
  );

/** Simple moving average and `width` deviations (of the population) around it. */
export const bollinger = (period = 20, width = 2): Indicator<number, Bands> =>
  ofNumbers(new BollingerBands(checked(period), width));

export interface MacdPeriods {
  readonly short: number;
  readonly long: number;
  readonly signal: number;
}

/** Difference of two EMAs, and the EMA of that. */
export const macd = (
  { short, long, signal }: MacdPeriods = { short: 12, long: 26, signal: 9 },
): Indicator<number, MacdLines> =>
  ofNumbers(new MACD(new EMA(checked(short)), new EMA(checked(long)), new EMA(checked(signal))));
