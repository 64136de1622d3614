/** Trades, candles and oracle prices as the scanner reads them; undefined means: not certain. */
import {
  CANDLE_RESOLUTIONS,
  type Candle,
  type CandleResolution,
  type Trade,
} from '../model/book.js';
import { parseDecimal } from '../model/decimal.js';
import {
  ORACLE_SCALE,
  oraclePrice,
  powerOfTen,
  type OraclePrice,
  type Steps,
  type Ticks,
  type UnixMs,
} from '../model/quantities.js';
import { Pattern, type ByteCursor } from './byte-cursor.codec.js';
import type { MarketUnits } from './units.js';

const KEY = {
  id: new Pattern('id":"'),
  side: new Pattern('side":"'),
  size: new Pattern('size":"'),
  price: new Pattern('price":"'),
  type: new Pattern('type":"'),
  createdAt: new Pattern('createdAt":"'),
  createdAtHeight: new Pattern('createdAtHeight":"'),
} as const;
const BUY = new Pattern('BUY"');
const SELL = new Pattern('SELL"');
/** The type of nearly all trades: no need to make a string of it. */
const LIMIT = new Pattern('LIMIT"');
const NEXT_KEY = new Pattern(',"');
/** Keys that follow a value. */
const NEXT = {
  size: new Pattern(',"size":"'),
  price: new Pattern(',"price":"'),
  side: new Pattern(',"side":"'),
  createdAt: new Pattern(',"createdAt":"'),
  limit: new Pattern(',"type":"LIMIT"'),
} as const;
const QUOTE = 0x22;
const BRACE = 0x7d;
const TRADE_ID_LENGTH = 24;

/** A trade whose price need not lie on the grid, and which is no trade of the book. */
const UNBOOKED = 'DELEVERAGED';

/** Bits of the keys that a trade must have. */
const ID = 1;
const SIDE = 2;
const SIZE = 4;
const PRICE = 8;
const CREATED_AT = 16;
const TYPE = 32;
const HEIGHT = 64;
const NEEDED = ID | SIDE | SIZE | PRICE | CREATED_AT;

const ISO_LENGTH = 24;
/** Up to and with the point behind the seconds. */
const SECOND_LENGTH = 20;
const SECOND_DOUBLES = 3;

/** ISO times of 24 characters: what comes before the milliseconds is parsed when it changes. */
export class IsoTimes {
  /** The twenty bytes of the newest second. */
  readonly #known = new Float64Array(SECOND_DOUBLES).fill(Number.NaN);
  #secondMs = 0;

  /** A time up to its closing quote, which is passed too. */
  read(cursor: ByteCursor): UnixMs | undefined {
    const { bytes, at } = cursor;
    if (at + ISO_LENGTH >= cursor.end || bytes[at + ISO_LENGTH] !== QUOTE) return undefined;
    if (!cursor.skipKnown(this.#known, 0, SECOND_LENGTH) && !this.#learn(cursor)) return undefined;
    const tenths = two(bytes, at + SECOND_LENGTH);
    const last = (bytes[at + 22] ?? 0) - 48;
    if (tenths < 0 || last < 0 || last > 9 || bytes[at + 23] !== 0x5a) return undefined;
    cursor.at = at + ISO_LENGTH + 1;
    return (this.#secondMs + tenths * 10 + last) as UnixMs;
  }

  /** False when no second since 1970 stands here. */
  #learn(cursor: ByteCursor): boolean {
    const text = cursor.slice(SECOND_LENGTH);
    if (!/^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.$/.test(text)) return false;
    const ms = Date.parse(`${text}000Z`);
    if (!(ms >= 0)) return false;
    this.#secondMs = ms;
    this.#known[0] = cursor.double(0);
    this.#known[1] = cursor.double(8);
    this.#known[2] = cursor.double(SECOND_LENGTH - 8);
    return true;
  }
}

/** Two decimal digits; negative when they are none. */
function two(bytes: Buffer, at: number): number {
  const tens = (bytes[at] ?? 0) - 48;
  const ones = (bytes[at + 1] ?? 0) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1000;
}

/** A trade of the book as the socket tells it: six keys in their order. Moves only when it fits. */
function scanUsualTrade(
  cursor: ByteCursor,
  units: MarketUnits,
  times: IsoTimes,
): Trade | undefined {
  const start = cursor.at;
  const trade = readUsualTrade(cursor, units, times);
  if (trade === undefined) cursor.at = start;
  return trade;
}

function readUsualTrade(
  cursor: ByteCursor,
  units: MarketUnits,
  times: IsoTimes,
): Trade | undefined {
  const id = cursor.skip(KEY.id) ? tradeId(cursor) : '';
  if (id === '' || !cursor.skip(NEXT.size)) return undefined;
  const size = cursor.units(units.step);
  if (size < 0 || !cursor.skip(NEXT.price)) return undefined;
  const price = cursor.units(units.tick);
  if (price <= 0 || !cursor.skip(NEXT.side)) return undefined;
  const isBuy = cursor.skip(BUY);
  if ((!isBuy && !cursor.skip(SELL)) || !cursor.skip(NEXT.createdAt)) return undefined;
  const at = times.read(cursor);
  if (at === undefined || !cursor.skip(NEXT.limit) || cursor.peek() !== BRACE) return undefined;
  return { id, side: isBuy ? 'buy' : 'sell', price: price as Ticks, size: size as Steps, at };
}

/** One trade from its first key to before its closing brace; its keys in any order. */
export function scanTrade(
  cursor: ByteCursor,
  units: MarketUnits,
  times: IsoTimes,
): Trade | 'unbooked' | undefined {
  const usual = scanUsualTrade(cursor, units, times);
  if (usual !== undefined) return usual;
  let seen = 0;
  let id = '';
  let side: Trade['side'] = 'buy';
  let size = 0;
  let price = 0;
  let type = '';
  let at: UnixMs | undefined;
  do {
    let bit = 0;
    if (cursor.skip(KEY.id)) {
      bit = ID;
      id = tradeId(cursor);
      if (id === '') return undefined;
    } else if (cursor.skip(KEY.size)) {
      bit = SIZE;
      size = cursor.units(units.step);
      if (size < 0) return undefined;
    } else if (cursor.skip(KEY.price)) {
      bit = PRICE;
      price = cursor.units(units.tick);
      if (price <= 0) return undefined;
    } else if (cursor.skip(KEY.side)) {
      bit = SIDE;
      if (cursor.skip(SELL)) side = 'sell';
      else if (!cursor.skip(BUY)) return undefined;
    } else if (cursor.skip(KEY.createdAt)) {
      bit = CREATED_AT;
      at = times.read(cursor);
      if (at === undefined) return undefined;
    } else if (cursor.skip(KEY.type)) {
      bit = TYPE;
      const text = cursor.skip(LIMIT) ? 'LIMIT' : cursor.text();
      if (text === undefined) return undefined;
      type = text;
    } else if (cursor.skip(KEY.createdAtHeight)) {
      bit = HEIGHT;
      if (!cursor.skipText()) return undefined;
    }
    if (bit === 0 || (seen & bit) !== 0) return undefined;
    seen |= bit;
  } while (cursor.skip(NEXT_KEY));
  if ((seen & NEEDED) !== NEEDED || at === undefined) return undefined;
  if (type === UNBOOKED) return 'unbooked';
  return { id, side, price: price as Ticks, size: size as Steps, at };
}

/** 24 hexadecimal digits and their closing quote, or nothing. */
function tradeId(cursor: ByteCursor): string {
  const { bytes, at } = cursor;
  const end = at + TRADE_ID_LENGTH;
  if (end >= cursor.end || bytes[end] !== QUOTE) return '';
  for (let index = at; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    // A digit, or one of the six letters.
    if ((byte - 48) >>> 0 > 9 && (byte - 97) >>> 0 > 5) return '';
  }
  const id = cursor.slice(TRADE_ID_LENGTH);
  cursor.at = end + 1;
  return id;
}

const ORACLE = {
  price: new Pattern('{"oraclePrice":"'),
  at: new Pattern(',"effectiveAt":"'),
  height: new Pattern(',"effectiveAtHeight":"'),
  market: new Pattern(',"marketId":'),
} as const;
/** By decimal places: what one unit of the last place is worth on the oracle's scale. */
const UNITS = Array.from({ length: ORACLE_SCALE + 1 }, (_, places) =>
  powerOfTen(ORACLE_SCALE - places),
);

/** One market's oracle price: the object with its braces. Zero says that there is none yet. */
export function scanOracle(cursor: ByteCursor): OraclePrice | 'none' | undefined {
  if (!cursor.skip(ORACLE.price)) return undefined;
  const value = scanOracleValue(cursor);
  if (value === undefined) return undefined;
  if (!cursor.skip(ORACLE.at) || !cursor.skipText()) return undefined;
  if (!cursor.skip(ORACLE.height) || !cursor.skipText()) return undefined;
  if (!cursor.skip(ORACLE.market) || cursor.whole() < 0 || !cursor.skipByte(BRACE)) {
    return undefined;
  }
  return value === 0n ? 'none' : oraclePrice(value);
}

/** Up to 15 digits are counted as a double first: exact, and cheaper than a long bigint. */
function scanOracleValue(cursor: ByteCursor): bigint | undefined {
  const start = cursor.at;
  const digits = cursor.fixed();
  if (digits >= 0) return BigInt(digits) * (UNITS[cursor.decimals] ?? 0n);
  cursor.at = start;
  const text = cursor.text();
  const parsed = text === undefined ? undefined : parseDecimal(text, ORACLE_SCALE);
  return parsed?.ok === true && parsed.value >= 0n ? parsed.value : undefined;
}

const CANDLE = {
  ticker: new Pattern(',"ticker":"'),
  resolution: new Pattern(',"resolution":"'),
  low: new Pattern(',"low":"'),
  high: new Pattern(',"high":"'),
  open: new Pattern(',"open":"'),
  close: new Pattern(',"close":"'),
  volume: new Pattern(',"baseTokenVolume":"'),
  usd: new Pattern(',"usdVolume":"'),
  trades: new Pattern(',"trades":'),
  openInterest: new Pattern(',"startingOpenInterest":"'),
  midOpen: new Pattern(',"orderbookMidPriceOpen":'),
  midClose: new Pattern(',"orderbookMidPriceClose":'),
} as const;
const NULL = new Pattern('null');

/** A resolution as the value of its key, with the closing quote. */
const RESOLUTIONS = Object.fromEntries(
  CANDLE_RESOLUTIONS.map((resolution) => [resolution, new Pattern(`${resolution}"`)]),
) as Readonly<Record<CandleResolution, Pattern>>;

/** What an id of the candle channel stands for. */
export interface CandleId {
  readonly units: MarketUnits;
  readonly resolution: CandleResolution;
}

/** One candle from its first value to before its closing brace; its keys in the server's order. */
export function scanCandle(
  cursor: ByteCursor,
  { units, resolution }: CandleId,
  times: IsoTimes,
): Candle | undefined {
  const startedAt = times.read(cursor);
  if (startedAt === undefined || !cursor.skip(CANDLE.ticker) || !cursor.skipText()) {
    return undefined;
  }
  if (!cursor.skip(CANDLE.resolution) || !cursor.skip(RESOLUTIONS[resolution])) return undefined;
  const low = cursor.skip(CANDLE.low) ? cursor.units(units.tick) : -1;
  const high = cursor.skip(CANDLE.high) ? cursor.units(units.tick) : -1;
  const open = cursor.skip(CANDLE.open) ? cursor.units(units.tick) : -1;
  const close = cursor.skip(CANDLE.close) ? cursor.units(units.tick) : -1;
  const volume = cursor.skip(CANDLE.volume) ? cursor.units(units.step) : -1;
  if (low <= 0 || high <= 0 || open <= 0 || close <= 0 || volume < 0) return undefined;
  if (!cursor.skip(CANDLE.usd) || !cursor.skipText()) return undefined;
  const trades = cursor.skip(CANDLE.trades) ? cursor.whole() : -1;
  if (trades < 0 || !cursor.skip(CANDLE.openInterest) || !cursor.skipText()) return undefined;
  const isOpenFirst = cursor.skip(CANDLE.midOpen);
  if (!isOpenFirst && !cursor.skip(CANDLE.midClose)) return undefined;
  if (!skipMid(cursor) || !cursor.skip(isOpenFirst ? CANDLE.midClose : CANDLE.midOpen)) {
    return undefined;
  }
  if (!skipMid(cursor)) return undefined;
  return {
    startedAt,
    open: open as Ticks,
    high: high as Ticks,
    low: low as Ticks,
    close: close as Ticks,
    volume: volume as Steps,
    trades,
  };
}

const skipMid = (cursor: ByteCursor): boolean =>
  cursor.skip(NULL) || (cursor.skipByte(QUOTE) && cursor.skipText());
