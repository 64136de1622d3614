/**
 * Frames to events, all or nothing: the scanner reads what it is certain of, everything else goes
 * bytes → JSON → schema → exact integers. Nothing that the venue sends makes it throw; what cannot
 * be read is named, never guessed at.
 */
import { isUtf8 } from 'node:buffer';
import { subaccountKey, type Subaccount } from '../model/account.js';
import { CANDLE_RESOLUTIONS, type CandleResolution } from '../model/book.js';
import type { AccountEvent, Channel, MarketEvent } from '../model/events.js';
import type { MarketSpec } from '../model/market.js';
import { isMarketId, type MarketId, type UnixMs } from '../model/quantities.js';
import type { Decoded, FrameDecoder } from '../ports/market-feed.js';
import { readAccount, readAccountUpdate } from './account-contents.js';
import {
  readBook,
  readBookUpdate,
  readCandles,
  readHeight,
  readMarkets,
  readMarketsUpdate,
  readTime,
  readTrades,
} from './market-contents.js';
import { FrameScanner } from './frame-scanner.codec.js';
import { checks } from './schemas.js';
import { unitsOf, type MarketUnits } from './units.js';
import { readMarketId, UnknownMarket, Unreadable, WrongVersion } from './unreadable.js';

/** Payload schemas that this decoder was written for; another major version is unreadable. */
const MAJOR_VERSIONS: Readonly<Record<Channel, string>> = {
  v4_markets: '1',
  v4_trades: '2',
  v4_orderbook: '1',
  v4_candles: '1',
  v4_subaccounts: '3',
  v4_block_height: '1',
};
const CONTROL = new Set(['connected', 'unsubscribed', 'error']);
const REASON_MAX = 300;

interface Frame {
  readonly type: string;
  readonly channel: Channel;
  readonly id: string;
  readonly contents: unknown;
}

/** One piece of contents: a snapshot, an update, or one element of a batch. */
interface Piece {
  readonly id: string;
  readonly contents: unknown;
  readonly snapshot: boolean;
}

export interface DecoderOptions {
  /** Without a subaccount every account frame is refused: it would not be ours. */
  readonly subaccount?: Subaccount;
  /** `json` reads every frame the slow way: what the scanner is measured against. */
  readonly road?: 'scan' | 'json';
}

export function createFrameDecoder({ subaccount, road }: DecoderOptions = {}): FrameDecoder {
  const account = subaccount === undefined ? undefined : subaccountKey(subaccount);
  return new Decoder(account, road !== 'json');
}

class Decoder implements FrameDecoder {
  readonly #account: string | undefined;
  readonly #isScanning: boolean;
  /** One entry per market that the venue has ever listed: a few hundred. */
  readonly #units = new Map<MarketId, MarketUnits>();
  readonly #scanner = new FrameScanner();
  #market: MarketEvent[] = [];
  #accountEvents: AccountEvent[] = [];

  constructor(account: string | undefined, isScanning: boolean) {
    this.#account = account;
    this.#isScanning = isScanning;
  }

  learn(specs: readonly MarketSpec[]): void {
    for (const spec of specs) {
      const units = unitsOf(spec, this.#units.get(spec.market)?.slot ?? this.#units.size);
      this.#units.set(spec.market, units);
      this.#scanner.learn(units);
    }
  }

  spec(market: MarketId): MarketSpec | undefined {
    return this.#units.get(market)?.spec;
  }

  get specs(): readonly MarketSpec[] {
    return [...this.#units.values()].map(({ spec }) => spec);
  }

  decode(bytes: Uint8Array, _at: UnixMs): Decoded {
    const scanned = this.#isScanning ? this.#scanner.scan(bytes) : undefined;
    return scanned ?? this.#parse(bytes);
  }

  #parse(bytes: Uint8Array): Decoded {
    let market: MarketId | undefined;
    try {
      const json = parseJson(bytes);
      if (CONTROL.has(String(json['type']))) return { type: 'control' };
      market = marketOf(json['id']);
      const frame = readFrame(json);
      if (frame === undefined)
        return { type: 'rejected', reason: `channel ${String(json['channel'])}` };
      return this.#decode(frame);
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).slice(0, REASON_MAX);
      if (error instanceof UnknownMarket) return { type: 'rejected', reason };
      const unknownVersion = error instanceof WrongVersion ? error.what : undefined;
      return { type: 'unreadable', reason, market, unknownVersion };
    }
  }

  #decode({ type, channel, id, contents }: Frame): Decoded {
    if (channel === 'v4_subaccounts' && id !== this.#account) {
      return { type: 'rejected', reason: `account ${id}` };
    }
    this.#market = [];
    this.#accountEvents = [];
    for (const piece of type === 'channel_batch_data' ? asList(contents) : [contents]) {
      this.#read(channel, { id, contents: piece, snapshot: type === 'subscribed' });
    }
    for (const event of this.#market) this.#remember(event);
    return { type: 'events', market: this.#market, account: this.#accountEvents };
  }

  /** Parameters are taken over only when the whole frame was readable. */
  #remember(event: MarketEvent): void {
    if (event.type === 'specs') this.learn(event.specs);
    if (event.type !== 'status') return;
    const units = this.#units.get(event.market);
    if (units) this.learn([{ ...units.spec, status: event.status }]);
  }

  #read(channel: Channel, piece: Piece): void {
    const { contents, snapshot } = piece;
    switch (channel) {
      case 'v4_orderbook':
        return void this.#market.push(this.#readBook(piece));
      case 'v4_trades':
        return void this.#market.push(this.#readTrades(piece));
      case 'v4_markets':
        return void this.#market.push(
          ...(snapshot ? readMarkets(contents) : readMarketsUpdate(contents)),
        );
      case 'v4_candles':
        return void this.#market.push(this.#readCandles(piece));
      case 'v4_block_height':
        return void this.#market.push(readBlockHeight(piece));
      case 'v4_subaccounts':
        return void this.#accountEvents.push(
          (snapshot ? readAccount : readAccountUpdate)(contents, this.#specOf),
        );
    }
  }

  #readBook({ id, contents, snapshot }: Piece): MarketEvent {
    const units = this.#unitsOf(readMarketId(id));
    const { market } = units.spec;
    return snapshot
      ? { type: 'book.snapshot', market, ...readBook(contents, units) }
      : { type: 'book.update', market, ...readBookUpdate(contents, units) };
  }

  #readTrades({ id, contents, snapshot }: Piece): MarketEvent {
    const units = this.#unitsOf(readMarketId(id));
    const { market } = units.spec;
    return { type: 'trades', market, trades: readTrades(contents, units), snapshot };
  }

  /** `id` is `TICKER/RESOLUTION`. An update is one bare candle, a snapshot is a list. */
  #readCandles({ id, contents, snapshot }: Piece): MarketEvent {
    const [ticker = '', resolution] = splitLast(id);
    if (!isResolution(resolution)) throw new Unreadable(`candles of ${id.slice(0, 100)}`);
    const units = this.#unitsOf(readMarketId(ticker));
    const objects = snapshot ? checks.candles(contents).candles : [checks.candle(contents)];
    const other = objects.find((one) => one.resolution !== resolution)?.resolution;
    if (other !== undefined) throw new Unreadable(`candle of ${other.slice(0, 64)} in ${id}`);
    const candles = readCandles(objects, units);
    return { type: 'candles', market: units.spec.market, resolution, candles };
  }

  #unitsOf(market: MarketId): MarketUnits {
    const units = this.#units.get(market);
    if (units === undefined) throw new UnknownMarket(`market ${market}`);
    return units;
  }

  readonly #specOf = (market: MarketId): MarketSpec => this.#unitsOf(market).spec;
}

function parseJson(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (!isUtf8(bytes)) throw new Unreadable('expected UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const json: unknown = JSON.parse(text);
  if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  throw new Unreadable('expected an object');
}

/** Undefined for a channel that we never subscribe. */
function readFrame(json: Readonly<Record<string, unknown>>): Frame | undefined {
  const { type, channel, id, contents, version } = json;
  if (type !== 'subscribed' && type !== 'channel_data' && type !== 'channel_batch_data') {
    throw new Unreadable(`unknown type ${String(type).slice(0, 64)}`);
  }
  if (typeof channel !== 'string' || !Object.hasOwn(MAJOR_VERSIONS, channel)) return undefined;
  const known = channel as Channel;
  // A snapshot carries no version.
  if (type !== 'subscribed' && String(version).split('.')[0] !== MAJOR_VERSIONS[known]) {
    throw new WrongVersion({ channel: known, version: String(version).slice(0, 64) });
  }
  return { type, channel: known, id: typeof id === 'string' ? id : '', contents };
}

/** The snapshot says `height`, updates say `blockHeight`. */
function readBlockHeight({ contents, snapshot }: Piece): MarketEvent {
  if (snapshot) {
    const { height, time } = checks.height(contents);
    return { type: 'height', height: readHeight(height), time: readTime(time) };
  }
  const { blockHeight, time } = checks.heightUpdate(contents);
  return { type: 'height', height: readHeight(blockHeight), time: readTime(time) };
}

function asList(contents: unknown): readonly unknown[] {
  if (Array.isArray(contents)) return contents;
  throw new Unreadable('expected a batch');
}

/** Names the book to resync, also when nothing else of the frame is readable. */
function marketOf(id: unknown): MarketId | undefined {
  if (typeof id !== 'string') return undefined;
  const [ticker = '', resolution] = splitLast(id);
  const market = isResolution(resolution) ? ticker : id;
  return isMarketId(market) ? market : undefined;
}

const RESOLUTIONS: ReadonlySet<string | undefined> = new Set(CANDLE_RESOLUTIONS);
const isResolution = (name: string | undefined): name is CandleResolution => RESOLUTIONS.has(name);

/** Tickers may contain slashes; the resolution is what follows the last one. */
function splitLast(id: string): readonly string[] {
  const slash = id.lastIndexOf('/');
  return slash < 0 ? [id] : [id.slice(0, slash), id.slice(slash + 1)];
}
