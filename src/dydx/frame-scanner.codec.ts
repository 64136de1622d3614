/**
 * The hot channels, bytes to integers without a tree of objects in between.
 *
 * 1. It reads exactly what the server is known to write: the keys of the envelope in their order,
 *    the payload versions of today, plain ASCII. On any doubt it answers undefined, and the frame
 *    goes the slow way, through JSON.parse and the schemas.
 * 2. What it reads, it reads as the slow way would, to the byte; every byte of the frame is looked
 *    at. Nothing is kept of a frame that it gives up.
 */
import { CANDLE_RESOLUTIONS, type Trade } from '../model/book.js';
import type { MarketEvent } from '../model/events.js';
import { blockHeight, type MarketId } from '../model/quantities.js';
import type { Decoded } from '../ports/market-feed.js';
import { BookFrames } from './book-frames.codec.js';
import { BYTES, ByteCursor, Pattern } from './byte-cursor.codec.js';
import { CandleId, scanOneTrade, scanOracle, scanTrade, Scanning } from './hot-objects.codec.js';
import { NameTable } from './name-table.codec.js';
import type { MarketUnits } from './units.js';

const CONNECTION_ID_LENGTH = 36;

const HEAD = new Pattern('{"type":"channel_data","connection_id":"');
const MESSAGE_ID = new Pattern('","message_id":');
const ID = new Pattern(',"id":"');
/** Connections whose frames' beginnings are recognised at a glance. */
const CONNECTIONS = 64;
/** From the first byte to before the message id: 91 bytes, 12 doubles. */
const PREFIX_LENGTH = HEAD.length + CONNECTION_ID_LENGTH + MESSAGE_ID.length;
const DOUBLES_PER_PREFIX = Math.ceil(PREFIX_LENGTH / 8);
/** Behind the name of a market; what differs between the channels comes after it. */
const CHANNEL = '","channel":"v4_';
const CANDLES = '","channel":"v4_candles","version":"1.0.0","contents":{"startedAt":"';
const ORACLE_PRICE = '":{"oraclePrice":"';
const TRADES = new Pattern('trades","version":"2.1.0","contents":{"trades":[{"');
const HEIGHT = new Pattern(
  'v4_block_height","channel":"v4_block_height","version":"1.0.0","contents":{"blockHeight":"',
);
const ORACLE = new Pattern(
  ',"channel":"v4_markets","version":"1.0.0","contents":{"oraclePrices":{"',
);
const TIME = new Pattern(',"time":"');
const NEXT_TRADE = new Pattern('},{"');
const TRADES_END = new Pattern('}]}}');
const NEXT_ORACLE = new Pattern(',"');
const QUOTE = 0x22;
const OBJECT_END = new Pattern('}}');
const ORACLE_END = new Pattern('}}}');
/** Markets in one oracle message; more go the slow way. */
const ORACLES_MAX = 16;

export class FrameScanner {
  readonly #cursor = new ByteCursor();
  readonly #markets = new NameTable<MarketUnits>();
  readonly #oracles = new NameTable<MarketUnits>();
  readonly #candles = new NameTable<CandleId>();
  readonly #books = new BookFrames();
  /** The newest beginnings of frames that were looked at byte by byte. */
  readonly #prefixes = new Float64Array(CONNECTIONS * DOUBLES_PER_PREFIX).fill(Number.NaN);
  readonly #scanning = new Scanning();

  learn(units: MarketUnits): void {
    const { market } = units.spec;
    this.#markets.set(market + CHANNEL, units);
    this.#oracles.set(market + ORACLE_PRICE, units);
    for (const resolution of CANDLE_RESOLUTIONS) {
      this.#candles.set(`${market}/${resolution}${CANDLES}`, new CandleId(units, resolution));
    }
  }

  /** Undefined: not certain; take the slow way. */
  scan(frame: Uint8Array): Decoded | undefined {
    const cursor = this.#cursor;
    if (!cursor.open(frame) || !this.#skipPrefix() || !cursor.skipWhole()) return undefined;
    if (!cursor.skip(ID)) return cursor.skip(ORACLE) ? this.#oracle() : undefined;
    const units = this.#markets.read(cursor);
    if (units === undefined) return cursor.skip(HEIGHT) ? this.#height() : this.#candle();
    return this.#books.read(cursor, units) ?? this.#traded(units);
  }

  #traded(units: MarketUnits): Decoded | undefined {
    const cursor = this.#cursor;
    const trade = scanOneTrade(cursor, units, this.#scanning);
    if (trade === undefined) return cursor.skip(TRADES) ? this.#trades(units) : undefined;
    return cursor.isAtEnd ? toldTrades(units, [trade]) : undefined;
  }

  /** Where a connection is remembered: from four characters of its id, which differ at random. */
  #slotOfPrefix(): number {
    const at = this.#cursor.at + HEAD.length;
    const mixed =
      (BYTES[at] ?? 0) * 31 +
      (BYTES[at + 1] ?? 0) * 7 +
      (BYTES[at + 3] ?? 0) * 3 +
      (BYTES[at + 35] ?? 0);
    return mixed & (CONNECTIONS - 1);
  }

  /** Past everything before the message id. */
  #skipPrefix(): boolean {
    const cursor = this.#cursor;
    const known = this.#prefixes;
    const slot = this.#slotOfPrefix() * DOUBLES_PER_PREFIX;
    if (cursor.skipKnown(known, slot, PREFIX_LENGTH)) return true;
    const start = cursor.at;
    if (!cursor.skip(HEAD) || cursor.textLength() !== CONNECTION_ID_LENGTH) return false;
    cursor.at += CONNECTION_ID_LENGTH;
    if (!cursor.skip(MESSAGE_ID)) return false;
    const end = cursor.at;
    cursor.at = start;
    for (let index = 0; index < DOUBLES_PER_PREFIX; index += 1) {
      known[slot + index] = cursor.double(Math.min(index * 8, PREFIX_LENGTH - 8));
    }
    cursor.at = end;
    return true;
  }

  #trades(units: MarketUnits): Decoded | undefined {
    const cursor = this.#cursor;
    const first = scanTrade(cursor, units, this.#scanning.times);
    if (first === undefined) return undefined;
    const trades = first === 'unbooked' ? [] : [first];
    while (cursor.skip(NEXT_TRADE)) {
      const trade = scanTrade(cursor, units, this.#scanning.times);
      if (trade === undefined) return undefined;
      if (trade !== 'unbooked') trades.push(trade);
    }
    if (!cursor.skip(TRADES_END) || !cursor.isAtEnd) return undefined;
    if (trades.length > 1) trades.sort((a, b) => (a.id < b.id ? -1 : 1));
    return toldTrades(units, trades);
  }

  #height(): Decoded | undefined {
    const cursor = this.#cursor;
    const height = cursor.whole();
    if (height < 0 || !cursor.skipByte(QUOTE) || !cursor.skip(TIME)) return undefined;
    const time = this.#scanning.times.read(cursor);
    if (time === undefined || !cursor.skip(OBJECT_END) || !cursor.isAtEnd) return undefined;
    return told({ type: 'height', height: blockHeight(height), time });
  }

  #candle(): Decoded | undefined {
    const cursor = this.#cursor;
    const id = this.#candles.read(cursor);
    const candle = id?.scan(cursor, this.#scanning);
    if (id === undefined || candle === undefined || !cursor.isAtEnd) return undefined;
    const { market } = id.units.spec;
    return told({ type: 'candles', market, resolution: id.resolution, candles: [candle] });
  }

  /** Most frames are of one market. */
  #oracle(): Decoded | undefined {
    const cursor = this.#cursor;
    const first = this.#oracles.read(cursor)?.spec.market;
    if (first === undefined) return undefined;
    const price = scanOracle(cursor, this.#scanning.reader);
    if (price === undefined) return undefined;
    const events: MarketEvent[] =
      price === 'none' ? [] : [{ type: 'oracle', market: first, price }];
    if (!cursor.skip(ORACLE_END) && !this.#moreOracles([first], events)) return undefined;
    return cursor.isAtEnd ? { type: 'events', market: events, account: NOBODY } : undefined;
  }

  #moreOracles(markets: MarketId[], events: MarketEvent[]): boolean {
    const cursor = this.#cursor;
    do {
      const market = cursor.skip(NEXT_ORACLE) ? this.#oracles.read(cursor)?.spec.market : undefined;
      if (market === undefined || markets.includes(market) || markets.length === ORACLES_MAX) {
        return false;
      }
      const price = scanOracle(cursor, this.#scanning.reader);
      if (price === undefined) return false;
      if (price !== 'none') events.push({ type: 'oracle', market, price });
      markets.push(market);
    } while (!cursor.skip(ORACLE_END));
    return true;
  }
}

const NOBODY: readonly never[] = [];
const told = (event: MarketEvent): Decoded => ({
  type: 'events',
  market: [event],
  account: NOBODY,
});

const toldTrades = ({ spec: { market } }: MarketUnits, trades: readonly Trade[]): Decoded =>
  told({ type: 'trades', market, trades, snapshot: false });
