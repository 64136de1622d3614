/**
 * Market maker: a bid and an ask around a fair price, moved against the inventory that is held.
 *
 * 1. Fair is the mid weighted by the touch sizes (micro-price). Half the width is the largest of
 *    `halfSpreadBps`, maker fee + `edgeBpsMin`, and `volatilityFactor` × the market's movement per
 *    minute, where that is known.
 * 2. Inventory ratio r = position ÷ `inventoryUsdMax`, −1 to 1. Fair moves by −r × `skewBps`: what
 *    is held becomes cheaper to take. The side that would add is quoted for what there is room
 *    for below `inventoryUsdMax`, in tenths of an order; at |r| = 1 it is not quoted.
 * 3. Neither order crosses: a bid is below the best ask, an ask above the best bid; both are on
 *    tick (rounded away from fair) and on step (rounded down).
 * 4. Without a fresh book nothing is quoted. It leaves by quoting, so it never asks to leave.
 */
import { sizeOfSteps, roundToTick, stepBase, tickUsd } from '../model/market.js';
import { largest, smallest, steps, type Price } from '../model/quantities.js';
import type { QuotedOrder, Reason } from '../model/decision.js';
import type { Candidate, Sight, Strategy } from '../ports/strategy.js';
import { midOf } from './costs.js';
import { lazyHold } from './lazy-hold.js';
import { closedBookGates, isBookOpen } from './sight-gates.js';

export interface MarketMakerOptions {
  /** Each side's distance from fair, at least. */
  readonly halfSpreadBps: number;
  /** What a filled quote must earn above the maker fee. */
  readonly edgeBpsMin: number;
  /** Of the movement per minute; 0 does not look at it. */
  readonly volatilityFactor: number;
  /** How far a full inventory moves the fair price. */
  readonly skewBps: number;
  /** Most that is to be held, either way, USD. */
  readonly inventoryUsdMax: number;
  readonly ageMsMax: number;
}

export const MARKET_MAKER_DEFAULTS: MarketMakerOptions = {
  halfSpreadBps: 6,
  edgeBpsMin: 1,
  volatilityFactor: 0.5,
  skewBps: 6,
  inventoryUsdMax: 1_000,
  ageMsMax: 1_000,
};

const TENTHS = 10;

const bps = (value: number): string => `${value.toFixed(1)} bps`;

/** The mid, drawn towards the side with less behind it. Ticks. */
function microPrice({ view }: Sight): number {
  const [bid] = view.book.bids;
  const [ask] = view.book.asks;
  if (bid === undefined || ask === undefined) return Number.NaN;
  return (bid.price * ask.size + ask.price * bid.size) / (bid.size + ask.size);
}

interface Plan {
  readonly fair: number;
  readonly halfBps: number;
  readonly ratio: number;
  /** What the position is worth, and less than nothing for a short one. */
  readonly heldUsd: number;
  readonly sigmaBps: number | undefined;
}

function planOf(sight: Sight, options: MarketMakerOptions): Plan {
  const { view, signals, position, terms } = sight;
  const unitUsd = tickUsd(view.spec) * stepBase(view.spec);
  const heldUsd = position.steps * midOf(view.book) * unitUsd;
  const ratio = Math.min(1, Math.max(-1, heldUsd / options.inventoryUsdMax));
  const sigmaBps = signals?.scores.volatility?.parts['sigmaBps'];
  const halfBps = Math.max(
    options.halfSpreadBps,
    terms.makerFeeBps + options.edgeBpsMin,
    options.volatilityFactor * (sigmaBps ?? 0),
  );
  return { fair: microPrice(sight), halfBps, ratio, heldUsd, sigmaBps };
}

/** At the proposed distance from fair, but a tick away from crossing. */
function priceOf(sight: Sight, { fair, halfBps, ratio }: Plan, skewBps: number, sign: 1 | -1) {
  const { spec, book } = sight.view;
  const proposed = fair * (1 + (sign * halfBps - ratio * skewBps) * 1e-4) * tickUsd(spec);
  const rounded = roundToTick(spec, proposed, sign < 0 ? 'down' : 'up');
  const opposite = (sign < 0 ? book.asks : book.bids)[0];
  if (!rounded.ok || opposite === undefined) return undefined;
  const beside = BigInt(opposite.price + sign) * spec.tick;
  const price = sign < 0 ? smallest(rounded.value, beside) : largest(rounded.value, beside);
  return price > 0n ? (price as Price) : undefined;
}

/** Whole, or what the inventory leaves room for, in tenths: the price alone must not resize it. */
function notionalOf(orderUsd: number, roomUsd: number): number {
  if (roomUsd >= orderUsd) return orderUsd;
  return (Math.floor((roomUsd / orderUsd) * TENTHS) / TENTHS) * orderUsd;
}

function orderOf(sight: Sight, price: Price | undefined, roomUsd: number): QuotedOrder | undefined {
  const { spec } = sight.view;
  if (price === undefined) return undefined;
  const usd = (Number(price) / Number(spec.tick)) * tickUsd(spec) * stepBase(spec);
  const wanted = Math.floor(notionalOf(sight.terms.orderNotionalUsd, roomUsd) / usd);
  return wanted >= 1 ? { price, size: sizeOfSteps(spec, steps(wanted)) } : undefined;
}

function decide(sight: Sight, options: MarketMakerOptions): Candidate {
  const { ageMsMax, skewBps, inventoryUsdMax } = options;
  if (!isBookOpen(sight, ageMsMax)) return lazyHold(closedBookGates(sight, ageMsMax));
  const plan = planOf(sight, options);
  const { halfBps, heldUsd, ratio, sigmaBps } = plan;
  const bid = orderOf(sight, priceOf(sight, plan, skewBps, -1), inventoryUsdMax - heldUsd);
  const ask = orderOf(sight, priceOf(sight, plan, skewBps, 1), inventoryUsdMax + heldUsd);
  if (bid === undefined && ask === undefined) {
    const text = `${sight.terms.orderNotionalUsd} USD is less than one step`;
    return lazyHold(() => [{ code: 'size.small', text }], { confidence: 0, direction: -ratio });
  }
  return new LazyQuote({ confidence: 1 - Math.abs(ratio) / 2, direction: -ratio, bid, ask }, () => {
    const movement = sigmaBps === undefined ? 'movement unknown' : `movement ${bps(sigmaBps)}`;
    const share = `inventory ${(ratio * 100).toFixed(0)} % of ${inventoryUsdMax} USD`;
    const reasons = [
      { code: 'width', text: `half spread ${bps(halfBps)}: ${movement} a minute` },
      { code: 'skew', text: `${share}, fair moved by ${bps(-ratio * skewBps)}` },
    ];
    const missing = ratio > 0 ? 'bid' : 'ask';
    const isRoomy = inventoryUsdMax - Math.abs(heldUsd) >= sight.terms.orderNotionalUsd;
    if (isRoomy || (ratio > 0 ? bid : ask) !== undefined) return reasons;
    return [{ code: 'inventory.full', text: `no ${missing}: ${share}` }, ...reasons];
  });
}

type QuoteNumbers = Pick<
  Extract<Candidate, { type: 'quote' }>,
  'confidence' | 'direction' | 'bid' | 'ask'
>;

/** Its reasons are put into words when somebody reads them. */
class LazyQuote implements QuoteNumbers {
  readonly type = 'quote';
  readonly confidence: number;
  readonly direction: number | undefined;
  readonly bid: QuotedOrder | undefined;
  readonly ask: QuotedOrder | undefined;
  readonly #words: () => readonly Reason[];

  constructor(quote: QuoteNumbers, words: () => readonly Reason[]) {
    this.confidence = quote.confidence;
    this.direction = quote.direction;
    this.bid = quote.bid;
    this.ask = quote.ask;
    this.#words = words;
  }

  get reasons(): readonly Reason[] {
    return this.#words();
  }
}

export function createMarketMaker(options: Partial<MarketMakerOptions> = {}): Strategy {
  const complete = { ...MARKET_MAKER_DEFAULTS, ...options };
  return {
    name: 'marketMaker',
    ageMsMax: complete.ageMsMax,
    decide: (sight) => decide(sight, complete),
  };
}
