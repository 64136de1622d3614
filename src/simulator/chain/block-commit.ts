/**
 * Makes a block of the matches since the last one: fills per order, subaccounts, trades, candles
 * and oracle prices, in the order in which the on-chain publisher tells of them.
 */
import { OPERATIONS, eventIdOf, type Block, type BlockContext } from './block-steps.js';
import type { Account } from './clearing-account.js';
import type { MarginState } from './margin.js';
import type {
  ExchangeFill,
  ExchangeOutput,
  ExchangePosition,
  ExchangeTrade,
} from '../exchange-types.js';
import type { MarketHistory } from './market-history.js';
import { orderKey } from './check-tx.js';
import type { MatchingEngine } from './matching-engine.js';
import type { LiveOrder } from './memclob.js';
import type { OptimisticMatch } from './order-matcher.js';
import { ORDER_FLAGS, type VenueOrderId } from '../order-terms.js';
import { nextOraclePrice } from './oracle-price.js';
import type { SubaccountRecord } from './subaccount-record.js';

interface MarketTrades {
  readonly trades: ExchangeTrade[];
  readonly quotes: bigint[];
}

export interface BlockCommitOptions {
  readonly margins: readonly MarginState[];
  readonly engine: MatchingEngine;
  readonly histories: ReadonlyMap<number, MarketHistory>;
  readonly record: (account: Account) => SubaccountRecord;
  /** What a recording says that the oracle's price is; the book decides where it says nothing. */
  readonly toldPriceE12: (clobPairId: number) => bigint | undefined;
}

export class BlockCommit {
  readonly #options: BlockCommitOptions;

  constructor(options: BlockCommitOptions) {
    this.#options = options;
  }

  /** The matches of the block become fills, trades and candles. */
  operations(block: BlockContext, matches: readonly OptimisticMatch[]): void {
    for (const output of this.#commitFills(block, matches)) block.emit(output);
    for (const output of this.#commitMarkets(block, matches)) block.emit(output);
  }

  moveOracles(block: BlockContext): void {
    for (const margin of this.#options.margins) {
      const { clobPairId } = margin.market;
      const book = this.#options.engine.book(clobPairId);
      const priceE12 =
        this.#options.toldPriceE12(clobPairId) ??
        nextOraclePrice(margin.market, margin.oraclePriceE12, book);
      if (priceE12 === margin.oraclePriceE12) continue;
      margin.oraclePriceE12 = priceE12;
      block.emit({ type: 'oracle', clobPairId, priceE12, height: block.height });
    }
  }

  /**
   * The chain tells of each match who holds what now, and then who filled: a position is first seen
   * with its new size and old averages. An order's fills come as one message with its last.
   */
  #commitFills(block: Block, matches: readonly OptimisticMatch[]): ExchangeOutput[] {
    const perMatch = matches.map((match, index) =>
      fillsOf(block, match, index).filter(({ order }) => !order.account.seeded),
    );
    const last = new Map(perMatch.flat().map(({ order, fill }) => [reportedKey(order), fill]));
    const told = new Map<string, ExchangeFill[]>();
    const outputs: ExchangeOutput[] = [];
    for (const sides of perMatch) {
      const ended: ExchangeOutput[] = [];
      for (const { order: live, fill } of sides) {
        const record = this.#options.record(live.account);
        const key = reportedKey(live);
        const { held, position } = bookFill(record, key, fill);
        outputs.push(held);
        const fills = computed(told, key, () => []);
        fills.push(fill);
        if (last.get(key) !== fill || position === undefined) continue;
        const { subaccount } = fill;
        const order = record.order(key);
        ended.push({ type: 'fills', subaccount, order, fills, position, publisher: 'ender' });
      }
      outputs.push(...ended);
    }
    return outputs;
  }

  #commitMarkets(block: Block, matches: readonly OptimisticMatch[]): ExchangeOutput[] {
    const byMarket = new Map<number, MarketTrades>();
    for (const [index, match] of matches.entries()) {
      const market = computed(byMarket, match.clobPairId, () => ({ trades: [], quotes: [] }));
      market.trades.push(tradeOf(block, match, index));
      market.quotes.push(match.quoteQuantums);
    }
    const outputs: ExchangeOutput[] = [];
    for (const [clobPairId, { trades }] of byMarket) {
      outputs.push({ type: 'trades', clobPairId, trades });
    }
    for (const margin of this.#options.margins) {
      const { clobPairId } = margin.market;
      const { trades, quotes } = byMarket.get(clobPairId) ?? NO_TRADES;
      const candles = this.#options.histories.get(clobPairId)?.commit({
        timeMs: block.timeMs,
        trades,
        quotes,
        oraclePriceE12: margin.oraclePriceE12,
        openInterest: margin.openInterest,
        mid: this.#options.engine.book(clobPairId).mid(),
      });
      for (const candle of candles ?? []) outputs.push({ type: 'candle', candle });
    }
    return outputs;
  }
}

const NO_TRADES: MarketTrades = { trades: [], quotes: [] };

/** A suborder's fills are reported as its parent's. */
const reportedId = ({ placed: { id } }: LiveOrder): VenueOrderId =>
  isSuborder(id) ? { ...id, orderFlags: ORDER_FLAGS.twap } : id;

const reportedKey = (order: LiveOrder): string =>
  isSuborder(order.placed.id) ? orderKey(reportedId(order)) : order.key;

const isSuborder = ({ orderFlags }: VenueOrderId): boolean =>
  orderFlags === ORDER_FLAGS.twapSuborder;

/** What a fill is called: by who took, and whether a suborder did. */
const typeOf = ({ placed }: LiveOrder): 'LIMIT' | 'TWAP_SUBORDER' =>
  isSuborder(placed.id) ? 'TWAP_SUBORDER' : 'LIMIT';

const takerType = (taker: LiveOrder) =>
  taker.kind === undefined ? typeOf(taker) : TAKER_TYPES[taker.kind];

const makerType = (maker: LiveOrder, taker: LiveOrder) =>
  taker.kind === undefined ? typeOf(maker) : MAKER_TYPES[taker.kind];

const TAKER_TYPES = { liquidation: 'LIQUIDATED', deleveraging: 'DELEVERAGED' } as const;
const MAKER_TYPES = { liquidation: 'LIQUIDATION', deleveraging: 'OFFSETTING' } as const;

/** A fill as the subaccount's update tells of it, and the position that it leaves. */
function bookFill(record: SubaccountRecord, key: string, fill: ExchangeFill) {
  const settled = record.settleFunding();
  const before = record.positions().find(({ clobPairId }) => clobPairId === fill.clobPairId);
  const touched = record.filled(key, fill);
  const others = settled.filter(({ clobPairId }) => clobPairId !== fill.clobPairId);
  const held: ExchangeOutput = {
    type: 'subaccount',
    subaccount: record.account.id,
    positions: [...others, ...touched.map((position) => notYetAveraged(position, before))],
    quoteQuantums: record.quoteQuantums,
    publisher: 'ender',
  };
  return { held, position: touched.at(-1) };
}

/** The new size with the sums of before, or none: those come with the fill. */
function notYetAveraged(
  position: ExchangePosition,
  before: ExchangePosition | undefined,
): ExchangePosition {
  const known = before?.openEventId === position.openEventId ? before : NO_SUMS;
  const { sumOpen, sumOpenQuote, sumClose, sumCloseQuote } = known;
  return { ...position, sumOpen, sumOpenQuote, sumClose, sumCloseQuote };
}

const NO_SUMS = { sumOpen: 0n, sumOpenQuote: 0n, sumClose: 0n, sumCloseQuote: 0n };

function fillsOf(block: Block, match: OptimisticMatch, index: number) {
  const { taker, maker, clobPairId, quantums, subticks, quoteQuantums } = match;
  const shared = {
    eventId: eventIdOf(block.height, OPERATIONS, index),
    clobPairId,
    quantums,
    subticks,
    quoteQuantums,
    height: block.height,
    timeMs: block.timeMs,
  } as const;
  const own = (order: LiveOrder) => ({
    orderId: order.kind === undefined ? reportedId(order) : undefined,
    subaccount: order.placed.id.subaccount,
    side: order.placed.side,
    clientMetadata: order.placed.clientMetadata,
  });
  const takerFill: ExchangeFill = {
    ...shared,
    ...own(taker),
    type: takerType(taker),
    liquidity: 'TAKER',
    fee: match.takerFee,
    builderFee: match.takerBuilderFee,
  };
  const makerFill: ExchangeFill = {
    ...shared,
    ...own(maker),
    type: makerType(maker, taker),
    liquidity: 'MAKER',
    fee: match.makerFee,
    builderFee: match.makerBuilderFee,
  };
  return [
    { order: taker, fill: takerFill },
    { order: maker, fill: makerFill },
  ];
}

const tradeOf = (block: Block, match: OptimisticMatch, index: number): ExchangeTrade => ({
  eventId: eventIdOf(block.height, OPERATIONS, index),
  type: takerType(match.taker),
  clobPairId: match.clobPairId,
  side: match.taker.placed.side,
  quantums: match.quantums,
  subticks: match.subticks,
  height: block.height,
  timeMs: block.timeMs,
});

function computed<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
