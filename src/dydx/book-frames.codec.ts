/**
 * Book updates, three quarters of all frames: from the channel's name to the end in one go, without
 * a call for each piece. Nothing is read that the scanner would not read; the fast road is only
 * shorter here.
 */
import type { MarketId } from '../model/quantities.js';
import type { LevelBatch } from '../ports/market-feed.js';
import {
  BYTES,
  littleEndian,
  Pattern,
  POWERS_OF_TEN,
  VIEW,
  type ByteCursor,
} from './byte-cursor.codec.js';
import type { MarketUnits } from './units.js';

/** More changes in one frame than this go the slow way. */
const LEVELS_MAX = 256;
const DIGITS_MAX = 15;
const BIDS = littleEndian('bids');
const ASKS = littleEndian('asks');
const SIDE_BEGIN = littleEndian('":[[');
const NEXT_LEVEL = littleEndian('],["');
const NEXT_SIDE = littleEndian(']],"');
const LEVELS_END = littleEndian(']]}}');
const BOOK = new Pattern('orderbook","version":"1.0.0","contents":{"');
/** `bids":[["` */
const SIDE_LENGTH = 9;
const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;

export class Levels implements LevelBatch {
  count = 0;
  readonly sides = new Uint8Array(LEVELS_MAX);
  readonly prices = new Float64Array(LEVELS_MAX);
  readonly sizes = new Float64Array(LEVELS_MAX);
}

export interface LevelsDecoded {
  readonly type: 'levels';
  market: MarketId;
  slot: number;
  readonly levels: Levels;
}

export class BookFrames {
  readonly #decoded: LevelsDecoded = {
    type: 'levels',
    market: '' as MarketId,
    slot: 0,
    levels: new Levels(),
  };

  /** The rest of a book update; undefined when it is not certainly one. */
  read(cursor: ByteCursor, units: MarketUnits): LevelsDecoded | undefined {
    if (!cursor.skip(BOOK)) return undefined;
    const { decimals: tickDecimals, coefficient: tickCoefficient } = units.tick;
    const { decimals: stepDecimals, coefficient: stepCoefficient } = units.step;
    const { end } = cursor;
    const { sides, prices, sizes } = this.#decoded.levels;
    let { at } = cursor;
    let side = sideAt(cursor, at);
    if (side < 0) return undefined;
    at += SIDE_LENGTH;
    let count = 0;
    let isPrice = true;
    let price = 0;
    // One number a turn, price and size by turns: from its first digit to its closing quote.
    for (;;) {
      const start = at;
      let value = 0;
      let byte = 0;
      for (; at < end; at += 1) {
        byte = BYTES[at] ?? 0;
        const digit = byte - ZERO;
        if (digit >>> 0 > 9) break;
        value = value * 10 + digit;
      }
      let shift = isPrice ? tickDecimals : stepDecimals;
      if (byte === DOT && at > start) {
        const point = at;
        for (at += 1; at < end; at += 1) {
          byte = BYTES[at] ?? 0;
          const digit = byte - ZERO;
          if (digit >>> 0 > 9) break;
          value = value * 10 + digit;
        }
        shift -= at - point - 1;
        if (at === point + 1) return undefined;
      }
      if (byte !== QUOTE || at === start || at - start > DIGITS_MAX) return undefined;
      if (shift > DIGITS_MAX || shift < -DIGITS_MAX || at + 5 > end) return undefined;
      const power = POWERS_OF_TEN[shift < 0 ? -shift : shift] ?? 0;
      const scaled = shift < 0 ? value / power : value * power;
      const coefficient = isPrice ? tickCoefficient : stepCoefficient;
      const units = coefficient === 1 ? scaled : scaled / coefficient;
      if (!isCount(scaled) || !isCount(units)) return undefined;
      at += 1;
      if (isPrice) {
        if (units === 0 || BYTES[at] !== COMMA || BYTES[at + 1] !== QUOTE) return undefined;
        at += 2;
        price = units;
        isPrice = false;
        continue;
      }
      if (count === LEVELS_MAX) return undefined;
      sides[count] = side;
      prices[count] = price;
      sizes[count] = units;
      count += 1;
      isPrice = true;
      const next = VIEW.getInt32(at, true);
      at += 4;
      if (next === NEXT_LEVEL) continue;
      if (next === LEVELS_END) {
        if (at === end) break;
        return undefined;
      }
      // Asks follow bids, and nothing follows asks.
      if (next !== NEXT_SIDE || side === 1 || sideAt(cursor, at) !== 1) return undefined;
      at += SIDE_LENGTH;
      side = 1;
    }
    return this.#tell(units, count);
  }

  #tell({ spec: { market }, slot }: MarketUnits, count: number): LevelsDecoded {
    const decoded = this.#decoded;
    decoded.levels.count = count;
    decoded.market = market;
    decoded.slot = slot;
    return decoded;
  }
}

const isCount = (value: number): boolean =>
  value <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value;

/** 0 where bids begin, 1 where asks do, −1 where neither does. */
function sideAt({ end }: ByteCursor, at: number): number {
  if (at + SIDE_LENGTH > end || VIEW.getInt32(at + 4, true) !== SIDE_BEGIN) return -1;
  const name = VIEW.getInt32(at, true);
  if (BYTES[at + 8] !== QUOTE) return -1;
  return name === BIDS ? 0 : name === ASKS ? 1 : -1;
}
