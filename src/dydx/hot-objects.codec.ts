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
import { BYTES, Pattern, VIEW, type ByteCursor } from './byte-cursor.codec.js';
import { Shape, ShapeReader } from './frame-shape.codec.js';
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
    const { at } = cursor;
    if (at + ISO_LENGTH >= cursor.end || BYTES[at + ISO_LENGTH] !== QUOTE) return undefined;
    const time = this.timeAt(at);
    if (time !== undefined) cursor.at = at + ISO_LENGTH + 1;
    return time;
  }

  /** The time that begins here, within the frame, without moving. */
  timeAt(at: number): UnixMs | undefined {
    const known = this.#known;
    const isKnown =
      VIEW.getFloat64(at, true) === known[0] &&
      VIEW.getFloat64(at + 8, true) === known[1] &&
      VIEW.getFloat64(at + SECOND_LENGTH - 8, true) === known[2];
    if (!isKnown && !this.#learn(at)) return undefined;
    const tenths = two(at + SECOND_LENGTH);
    const last = (BYTES[at + 22] ?? 0) - 48;
    if (tenths < 0 || last < 0 || last > 9 || BYTES[at + 23] !== 0x5a) return undefined;
    return (this.#secondMs + tenths * 10 + last) as UnixMs;
  }

  /** False when no second since 1970 stands here. */
  #learn(at: number): boolean {
    const text = BYTES.toString('latin1', at, at + SECOND_LENGTH);
    if (!/^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.$/.test(text)) return false;
    const ms = Date.parse(`${text}000Z`);
    if (!(ms >= 0)) return false;
    this.#secondMs = ms;
    this.#known[0] = VIEW.getFloat64(at, true);
    this.#known[1] = VIEW.getFloat64(at + 8, true);
    this.#known[2] = VIEW.getFloat64(at + SECOND_LENGTH - 8, true);
    return true;
  }
}

/** What all kinds of objects are read with. */
export class Scanning {
  readonly reader = new ShapeReader();
  readonly times = new IsoTimes();
  /** Of the beginnings of candles: other seconds than those of today. */
  readonly minutes = new IsoTimes();
}

/** Two decimal digits; negative when they are none. */
function two(at: number): number {
  const tens = (BYTES[at] ?? 0) - 48;
  const ones = (BYTES[at + 1] ?? 0) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1000;
}

/** A frame of one trade of the book as the socket tells it: six keys in their order. */
const TRADE = new Shape(
  [
    ['trades","version":"2.1.0","contents":{"trades":[{"id":"', 'id'],
    [',"size":"', 'decimal'],
    [',"price":"', 'decimal'],
    [',"side":"', 'side'],
    [',"createdAt":"', 'time'],
  ],
  ',"type":"LIMIT"}]}}',
);

/** What nearly all frames of trades are, from the channel's name to the end. */
export function scanOneTrade(
  cursor: ByteCursor,
  { step, tick }: MarketUnits,
  { times, reader }: Scanning,
): Trade | undefined {
  if (!reader.read(cursor, TRADE)) return undefined;
  const size = reader.count(1, step);
  const price = reader.count(2, tick);
  const at = times.timeAt(reader.starts[4] ?? 0);
  if (size < 0 || price <= 0 || at === undefined) return undefined;
  const start = reader.starts[0] ?? 0;
  const id = cursor.between(start, start + TRADE_ID_LENGTH);
  const side = reader.numbers[3] === 0 ? 'buy' : 'sell';
  return { id, side, price: price as Ticks, size: size as Steps, at };
}

/** One trade from its first key to before its closing brace; its keys in any order. */
export function scanTrade(
  cursor: ByteCursor,
  units: MarketUnits,
  times: IsoTimes,
): Trade | 'unbooked' | undefined {
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
  const { at } = cursor;
  const end = at + TRADE_ID_LENGTH;
  if (end >= cursor.end || BYTES[end] !== QUOTE) return '';
  for (let index = at; index < end; index += 1) {
    const byte = BYTES[index] ?? 0;
    // A digit, or one of the six letters.
    if ((byte - 48) >>> 0 > 9 && (byte - 97) >>> 0 > 5) return '';
  }
  const id = cursor.between(at, end);
  cursor.at = end + 1;
  return id;
}

const ORACLE = {
  at: new Pattern(',"effectiveAt":"'),
  height: new Pattern(',"effectiveAtHeight":"'),
  market: new Pattern(',"marketId":'),
} as const;
/** By decimal places: what one unit of the last place is worth on the oracle's scale. */
const UNITS = Array.from({ length: ORACLE_SCALE + 1 }, (_, places) =>
  powerOfTen(ORACLE_SCALE - places),
);

const USUAL_ORACLE = new Shape(
  [
    ['', 'decimal'],
    [',"effectiveAt":"', 'text'],
    [',"effectiveAtHeight":"', 'text'],
    [',"marketId":', 'whole'],
  ],
  '}',
);

/** One market's oracle price up to its closing brace. Zero says that there is none yet. */
export function scanOracle(
  cursor: ByteCursor,
  reader: ShapeReader,
): OraclePrice | 'none' | undefined {
  if (reader.read(cursor, USUAL_ORACLE)) {
    const digits = reader.numbers[0] ?? 0;
    if (digits === 0) return 'none';
    return oraclePrice(BigInt(digits) * (UNITS[reader.decimals[0] ?? 0] ?? 0n));
  }
  const value = scanOracleValue(cursor);
  if (value === undefined) return undefined;
  if (!cursor.skip(ORACLE.at) || !cursor.skipText()) return undefined;
  if (!cursor.skip(ORACLE.height) || !cursor.skipText()) return undefined;
  if (!cursor.skip(ORACLE.market) || cursor.whole() < 0 || !cursor.skipByte(BRACE)) {
    return undefined;
  }
  return value === 0n ? 'none' : oraclePrice(value);
}

/** More digits than a double counts exactly. */
function scanOracleValue(cursor: ByteCursor): bigint | undefined {
  const text = cursor.text();
  const parsed = text === undefined ? undefined : parseDecimal(text, ORACLE_SCALE);
  return parsed?.ok === true && parsed.value >= 0n ? parsed.value : undefined;
}

/** Candles as the server writes them, by resolution; of its two middles either may come first. */
const CANDLES = CANDLE_RESOLUTIONS.map((resolution) =>
  [
    ['Open', 'Close'],
    ['Close', 'Open'],
  ].map(
    ([first, second]) =>
      new Shape(
        [
          ['', 'time'],
          [',"ticker":"', 'text'],
          [`,"resolution":"${resolution}","low":"`, 'decimal'],
          [',"high":"', 'decimal'],
          [',"open":"', 'decimal'],
          [',"close":"', 'decimal'],
          [',"baseTokenVolume":"', 'decimal'],
          [',"usdVolume":"', 'text'],
          [',"trades":', 'whole'],
          [',"startingOpenInterest":"', 'text'],
          [`,"orderbookMidPrice${first}":`, 'mid'],
          [`,"orderbookMidPrice${second}":`, 'mid'],
        ],
        '}}',
      ),
  ),
);

/** What an id of the candle channel stands for. */
export class CandleId {
  readonly units: MarketUnits;
  readonly resolution: CandleResolution;
  readonly #shapes: readonly Shape[];

  constructor(units: MarketUnits, resolution: CandleResolution) {
    this.units = units;
    this.resolution = resolution;
    this.#shapes = CANDLES[CANDLE_RESOLUTIONS.indexOf(resolution)] ?? [];
  }

  /** One candle, from its first value to the end of the frame. */
  scan(cursor: ByteCursor, { minutes, reader }: Scanning): Candle | undefined {
    const { tick, step } = this.units;
    if (!this.#shapes.some((shape) => reader.read(cursor, shape))) return undefined;
    const startedAt = minutes.timeAt(reader.starts[0] ?? 0);
    const low = reader.count(2, tick);
    const high = reader.count(3, tick);
    const open = reader.count(4, tick);
    const close = reader.count(5, tick);
    const volume = reader.count(6, step);
    if (startedAt === undefined || low <= 0 || high <= 0 || open <= 0 || close <= 0 || volume < 0) {
      return undefined;
    }
    return {
      startedAt,
      open: open as Ticks,
      high: high as Ticks,
      low: low as Ticks,
      close: close as Ticks,
      volume: volume as Steps,
      trades: reader.numbers[8] ?? 0,
    };
  }
}
