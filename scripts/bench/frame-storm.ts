/**
 * A seeded session of dYdX's socket that never ends: about 75 % book updates, 10 % trades, 10 %
 * oracle prices, 5 % candles, of markets that are not equally busy, over as many connections as 32
 * ids on each require. Books are whole and stay so: a removed level was there, a price that moves
 * takes the levels that it passes with it.
 */
import { seededRandom } from '../../src/clock/seeded-random.js';
import type { Random } from '../../src/ports/random.js';

export interface StormOptions {
  readonly seed: number;
  readonly markets: number;
  /** Of virtual time, all connections together. */
  readonly framesPerSecond: number;
  readonly startMs: number;
}

export interface StormFrame {
  readonly connection: number;
  readonly kind: 'book' | 'trade' | 'oracle' | 'candle' | 'height';
  /** What follows the message id. */
  readonly rest: string;
}

const MARKETS_PER_CONNECTION = 32;
const BLOCK_MS = 650;
const FIRST_HEIGHT = 50_000_000;
/** Of all frames, in this order; the rest are candles. */
const BOOKS = 0.75;
const TRADES = 0.85;
const ORACLES = 0.95;
const REMOVES = 0.3;
const MOVES = 0.02;
/** How strongly the mid is drawn back to where it began, per tick of distance. */
const PULL = 0.01;

type Side = 'bids' | 'asks';

const iso = (ms: number): string => new Date(ms).toISOString();

/** Level changes as the contents of a frame has them; a side without changes is absent. */
function changesText(bids: readonly string[], asks: readonly string[]): string {
  const sides = [
    bids.length > 0 ? `"bids":[${bids.join(',')}]` : '',
    asks.length > 0 ? `"asks":[${asks.join(',')}]` : '',
  ];
  return `{${sides.filter(Boolean).join(',')}}`;
}

/** One market: what the venue would say of it, and its book. */
export class StormMarket {
  readonly ticker: string;
  readonly index: number;
  readonly connection: number;
  readonly #random: Random;
  readonly #priceDecimals: number;
  readonly #sizeDecimals: number;
  readonly #base: number;
  readonly #depth: number;
  readonly #sides: Readonly<Record<Side, Map<number, number>>> = {
    bids: new Map(),
    asks: new Map(),
  };
  #mid: number;

  constructor(index: number, random: Random) {
    this.index = index;
    this.ticker = `MK${index}-USD`;
    this.connection = Math.floor(index / MARKETS_PER_CONNECTION);
    this.#random = random;
    this.#priceDecimals = index % 5;
    this.#sizeDecimals = 4 - this.#priceDecimals;
    this.#base = 50_000 + index * 37;
    this.#mid = this.#base;
    this.#depth = 40 + ((index * 13) % 60);
    for (let distance = 1; distance <= this.#depth; distance += 1) {
      this.#sides.bids.set(this.#mid - distance, this.#size());
      this.#sides.asks.set(this.#mid + distance, this.#size());
    }
  }

  /** As `v4_markets` has it. */
  get parameters(): Readonly<Record<string, unknown>> {
    const tick = 10 ** -this.#priceDecimals;
    return {
      clobPairId: String(this.index),
      ticker: this.ticker,
      status: 'ACTIVE',
      oraclePrice: this.price(this.#mid),
      priceChange24H: '23',
      volume24H: '1000000',
      trades24H: 250,
      nextFundingRate: '0.0000125',
      initialMarginFraction: '0.02',
      maintenanceMarginFraction: '0.012',
      openInterest: '4000',
      atomicResolution: -6 - this.#sizeDecimals,
      quantumConversionExponent: -9,
      tickSize: tick.toFixed(this.#priceDecimals),
      stepSize: (10 ** -this.#sizeDecimals).toFixed(this.#sizeDecimals),
      stepBaseQuantums: 1_000_000,
      subticksPerTick: 10 ** (9 - this.#priceDecimals - this.#sizeDecimals),
      marketType: 'CROSS',
      baseOpenInterest: '3999',
    };
  }

  /** As `subscribed` has it. */
  get snapshot(): string {
    const [bids, asks] = (['bids', 'asks'] as const).map((side) =>
      [...this.#sides[side]]
        .sort(([a], [b]) => (side === 'bids' ? b - a : a - b))
        .map(([price, size]) => ({ price: this.price(price), size: this.#sizeText(size) })),
    );
    return JSON.stringify({ bids, asks });
  }

  get mid(): number {
    return this.#mid;
  }

  price(ticks: number): string {
    return String(ticks / 10 ** this.#priceDecimals);
  }

  /** One change, or the several of a price that moves. */
  change(): string {
    if (this.#random.next() < MOVES) return this.#move();
    const side: Side = this.#random.next() < 0.5 ? 'bids' : 'asks';
    const levels = this.#sides[side];
    const near = this.#random.next() * this.#random.next();
    const distance = 1 + Math.floor(near * this.#depth);
    const price = side === 'bids' ? this.#mid - distance : this.#mid + distance;
    const isRemoved = distance > 1 && levels.has(price) && this.#random.next() < REMOVES;
    const text = isRemoved ? this.#remove(side, price) : this.#set(side, price);
    return side === 'bids' ? changesText([text], []) : changesText([], [text]);
  }

  /** The changes that lead back to the book of the beginning, a few levels in each. */
  *restored(): Generator<string> {
    while (this.#mid !== this.#base) yield this.#step(this.#mid < this.#base ? 1 : -1);
    for (let distance = 1; distance <= 2 * this.#depth; distance += 1) {
      const bid = this.#base - distance;
      const ask = this.#base + distance;
      const isWanted = distance <= this.#depth;
      const bids = this.#sides.bids.has(bid) !== isWanted ? [this.#toggle('bids', bid)] : [];
      const asks = this.#sides.asks.has(ask) !== isWanted ? [this.#toggle('asks', ask)] : [];
      if (bids.length + asks.length > 0) yield changesText(bids, asks);
    }
  }

  trade(id: number, now: number): string {
    const isBuy = this.#random.next() < 0.5;
    // The server's keys in the server's order: an update names no height.
    const fields = {
      id: id.toString().padStart(24, '0'),
      size: this.#sizeText(this.#size()),
      price: this.price(isBuy ? this.#mid + 1 : this.#mid - 1),
      side: isBuy ? 'BUY' : 'SELL',
      createdAt: iso(now),
      type: 'LIMIT',
    };
    return JSON.stringify({ trades: [fields] });
  }

  oracle(now: number): string {
    const price = ((this.#mid + this.#random.next()) / 10 ** this.#priceDecimals).toFixed(
      this.#priceDecimals + 4,
    );
    const at = `"effectiveAt":"${iso(now)}","effectiveAtHeight":"${FIRST_HEIGHT}"`;
    return `"${this.ticker}":{"oraclePrice":"${price}",${at},"marketId":${this.index}}`;
  }

  candle(now: number): string {
    const [low, high] = [this.#mid - 3, this.#mid + 3].map((ticks) => this.price(ticks));
    return JSON.stringify({
      startedAt: iso(now - (now % 60_000)),
      ticker: this.ticker,
      resolution: '1MIN',
      low,
      high,
      open: this.price(this.#base),
      close: this.price(this.#mid),
      baseTokenVolume: this.#sizeText(40 * this.#size()),
      usdVolume: '125021.4921',
      trades: 1 + Math.floor(this.#random.next() * 90),
      startingOpenInterest: '3999.0125',
      orderbookMidPriceOpen: this.price(this.#base),
      orderbookMidPriceClose: this.price(this.#mid),
    });
  }

  #size(): number {
    return 1 + Math.floor(this.#random.next() ** 2 * 90_000);
  }

  #sizeText(size: number): string {
    return String(size / 10 ** this.#sizeDecimals);
  }

  #set(side: Side, price: number): string {
    const size = this.#size();
    this.#sides[side].set(price, size);
    return `["${this.price(price)}","${this.#sizeText(size)}"]`;
  }

  #remove(side: Side, price: number): string {
    this.#sides[side].delete(price);
    return `["${this.price(price)}","0"]`;
  }

  #toggle(side: Side, price: number): string {
    return this.#sides[side].has(price) ? this.#remove(side, price) : this.#set(side, price);
  }

  #move(): string {
    const upwards = 0.5 - PULL * (this.#mid - this.#base);
    return this.#step(this.#random.next() < upwards ? 1 : -1);
  }

  /** The level in the way goes, and the other side follows. */
  #step(direction: 1 | -1): string {
    this.#mid += direction;
    const passed: Side = direction > 0 ? 'asks' : 'bids';
    const gone = this.#sides[passed].has(this.#mid) ? [this.#remove(passed, this.#mid)] : [];
    const behind = this.#mid - direction;
    const follower: Side = direction > 0 ? 'bids' : 'asks';
    const came = [this.#set(follower, behind)];
    return passed === 'asks' ? changesText(came, gone) : changesText(gone, came);
  }
}

export class FrameStorm {
  readonly markets: readonly StormMarket[];
  /** One UUID for each connection; the last two digits are its number. */
  readonly connectionIds: readonly string[];
  readonly #random: Random;
  readonly #frameMs: number;
  #now: number;
  #tradeId = 0;
  #blockAt: number;
  #height = FIRST_HEIGHT;
  readonly #waiting: StormFrame[] = [];

  constructor({ seed, markets, framesPerSecond, startMs }: StormOptions) {
    this.#random = seededRandom(seed);
    this.#frameMs = 1_000 / framesPerSecond;
    this.#now = startMs;
    this.#blockAt = startMs;
    this.markets = Array.from(
      { length: markets },
      (_, index) => new StormMarket(index, this.#random.fork(String(index))),
    );
    const connections = Math.ceil(markets / MARKETS_PER_CONNECTION);
    const hex = (length: number): string =>
      Array.from({ length }, () => this.#random.integer(16).toString(16)).join('');
    this.connectionIds = Array.from({ length: connections }, (_, index) => {
      const number = index.toString(16).padStart(2, '0');
      return `${hex(8)}-${hex(4)}-4${hex(3)}-9${hex(3)}-${hex(10)}${number}`;
    });
  }

  /** The stamp of the newest frame. */
  get now(): number {
    return this.#now;
  }

  /** Everything of a frame before its message id. */
  head(connection: number, type = 'channel_data'): string {
    return `{"type":"${type}","connection_id":"${this.connectionIds[connection]}","message_id":`;
  }

  /** The `subscribed` frames: all markets, then the book of each, as it is now. */
  opening(): StormFrame[] {
    const markets = Object.fromEntries(
      this.markets.map((market) => [market.ticker, market.parameters]),
    );
    const contents = JSON.stringify({ markets });
    return [
      { connection: 0, kind: 'oracle', rest: `,"channel":"v4_markets","contents":${contents}}` },
      ...this.markets.map(({ connection, ticker, snapshot }) => {
        const rest = `,"channel":"v4_orderbook","id":"${ticker}","contents":${snapshot}}`;
        return { connection, kind: 'book' as const, rest };
      }),
    ];
  }

  next(): StormFrame {
    const waiting = this.#waiting.pop();
    if (waiting !== undefined) return waiting;
    this.#now += this.#frameMs;
    if (this.#now >= this.#blockAt) this.#block();
    const kind = this.#random.next();
    const busy = this.#random.next() * this.#random.next();
    const market = this.markets[Math.floor(busy * this.markets.length)] as StormMarket;
    const { connection, ticker } = market;
    const rest = (channel: string, id: string, contents: string): string =>
      `,"id":"${id}","channel":"${channel}","contents":${contents}}`;
    if (kind < BOOKS) return this.#book(market, market.change());
    if (kind < TRADES) {
      this.#tradeId += 1;
      const trade = market.trade(this.#tradeId, this.#now);
      const text = rest('v4_trades","version":"2.1.0', ticker, trade);
      return { connection, kind: 'trade', rest: text };
    }
    if (kind < ORACLES) return this.#oracle(market);
    const candle = market.candle(this.#now);
    const text = rest('v4_candles","version":"1.0.0', `${ticker}/1MIN`, candle);
    return { connection, kind: 'candle', rest: text };
  }

  /** Leads all books back to the beginning, so that the session may be played again. */
  *restored(): Generator<StormFrame> {
    for (const market of this.markets) {
      for (const changes of market.restored()) yield this.#book(market, changes);
    }
  }

  #book({ connection, ticker }: StormMarket, changes: string): StormFrame {
    const head = `,"id":"${ticker}","channel":"v4_orderbook","version":"1.0.0","contents":`;
    return { connection, kind: 'book', rest: `${head}${changes}}` };
  }

  /** One market or two that stand next to each other. */
  #oracle(market: StormMarket): StormFrame {
    const second = this.markets[market.index + 1];
    const isPair = second !== undefined && this.#random.next() < 0.2;
    const prices = (isPair ? [market, second] : [market]).map((one) => one.oracle(this.#now));
    const head = ',"channel":"v4_markets","version":"1.0.0","contents":{"oraclePrices":{';
    return { connection: 0, kind: 'oracle', rest: `${head}${prices.join(',')}}}}` };
  }

  /** Every connection hears of every block. */
  #block(): void {
    this.#blockAt += BLOCK_MS;
    this.#height += 1;
    const contents = `{"blockHeight":"${this.#height}","time":"${iso(this.#now)}"}`;
    const channel = '"id":"v4_block_height","channel":"v4_block_height","version":"1.0.0"';
    const rest = `,${channel},"contents":${contents}}`;
    this.connectionIds.forEach((_, connection) => {
      this.#waiting.push({ connection, kind: 'height', rest });
    });
  }
}
