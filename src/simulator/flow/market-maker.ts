/**
 * One seeded market maker: a ladder of post-only quotes on both sides of the fair price. Quotes
 * near the touch are renewed often, deep ones seldom; stale ones at once. It leans against its
 * inventory, and when news runs over a side it thins that side out and comes back to it later.
 */
import type { Random } from '../../ports/random.js';
import { orderKey } from '../chain/check-tx.js';
import type { Account } from '../chain/clearing-account.js';
import { ORDER_FLAGS, type OrderSide } from '../order-terms.js';
import type { FlowMarket } from './flow-market.js';
import type { FlowPreset } from './flow-presets.js';
import type { LiveOrder } from '../chain/memclob.js';

const LIFETIME_BLOCKS = 20;
/** Rungs from here on are deep: they live longer and stay until the price has gone some way. */
const DEEP_RUNG = 30;
const DEEP_LIFETIME_BLOCKS = 38;
const DEEP_PAUSE_MS = 14_000;
const DEEP_LONGEST_PAUSE_MS = 20_000;
/** A deep quote is kept while it is within this part of its wanted distance. */
const DEEP_TOLERANCE = 0.15;
/** Mean time until a filled quote is replaced in a busy market. */
const REFILL_MS = 900;
/** Shorter than a quote's lifetime. */
const LONGEST_PAUSE_MS = 8_000;
/** A quote with fewer blocks left is renewed even if nothing else has changed. */
const RENEW_BLOCKS = 4;
const UINT32 = 0x1_0000_0000;
/** A quote whose size differs by less than this factor is good enough. */
const SIZE_TOLERANCE = 0.25;
/** A quote this far on the wrong side of the fair price is renewed at once. */
const STALE_BPS = 0.6;
/** How far an inventory of one quote's size moves the quotes, and at most. */
const INVENTORY_BPS = 1 / 12;
const LARGEST_LEAN_BPS = 2.5;

export interface Opinion {
  /** In subticks. */
  readonly price: number;
  /** −1 to 1. */
  readonly pressure: number;
}

/** One rung of the ladder. */
interface Slot {
  readonly side: OrderSide;
  readonly index: number;
  clientId: number;
  /** Of the order that bears the client id. */
  key: string;
  /** The quote that was placed last, unless its fill was seen. */
  order: LiveOrder | undefined;
  /** Its subticks. */
  quoted: number;
  dueMs: number;
}

export interface MarketMakerOptions {
  readonly market: FlowMarket;
  readonly trader: Account;
  readonly random: Random;
  readonly preset: FlowPreset;
  /** Rungs of this maker, counted from the touch, among those of all makers. */
  readonly rungs: readonly number[];
  /** Value of a quote near the touch, USD. */
  readonly notionalUsd: number;
}

export class MarketMaker {
  readonly #options: MarketMakerOptions;
  readonly #slots: readonly Slot[];
  #clientId = 0;
  /** As of the last look: while all of it holds, no quote needs one. */
  #nextDueMs = 0;
  #highestBid = 0;
  #lowestAsk = Infinity;
  #position = 0n;

  constructor(options: MarketMakerOptions) {
    this.#options = options;
    this.#slots = options.rungs.flatMap((index) =>
      (['BUY', 'SELL'] as const).map((side) => ({
        side,
        index,
        clientId: 0,
        key: '',
        order: undefined,
        quoted: 0,
        dueMs: 0,
      })),
    );
  }

  quote(timeMs: number, opinion: Opinion): void {
    const position = this.#options.market.held(this.#options.trader);
    const isQuiet = position === this.#position && timeMs < this.#nextDueMs;
    if (isQuiet && !isPassed('BUY', this.#highestBid, opinion.price)) {
      if (!isPassed('SELL', this.#lowestAsk, opinion.price)) return;
    }
    this.#position = position;
    this.#nextDueMs = Infinity;
    this.#highestBid = 0;
    this.#lowestAsk = Infinity;
    for (const slot of this.#slots) {
      this.#look(slot, timeMs, opinion);
      this.#nextDueMs = Math.min(this.#nextDueMs, slot.dueMs);
      if (slot.order === undefined) continue;
      if (slot.side === 'BUY') this.#highestBid = Math.max(this.#highestBid, slot.quoted);
      else this.#lowestAsk = Math.min(this.#lowestAsk, slot.quoted);
    }
  }

  /** Renews a quote that is due, and at once one that the price has passed. */
  #look(slot: Slot, timeMs: number, opinion: Opinion): void {
    if (isFilled(slot)) {
      slot.order = undefined;
      slot.dueMs = Math.min(slot.dueMs, timeMs + this.#pauseMs(REFILL_MS, slot, opinion));
    }
    const isStale = slot.order !== undefined && isPassed(slot.side, slot.quoted, opinion.price);
    if (slot.dueMs > timeMs && !isStale) return;
    const meanMs = isDeep(slot) ? DEEP_PAUSE_MS : Math.min(6_000, 1_200 + 450 * slot.index);
    slot.dueMs = timeMs + this.#pauseMs(meanMs, slot, opinion);
    this.#renew(slot, opinion);
  }

  /** The time to the next look at a quote; longer while news runs over its side. */
  #pauseMs(meanMs: number, slot: Slot, { pressure }: Opinion): number {
    const { random, preset } = this.#options;
    const pull = Math.max(0, slot.side === 'BUY' ? -pressure : pressure);
    const pauseMs = 150 + random.exponential((meanMs * (1 + 0.6 * pull)) / preset.activity);
    return Math.min(isDeep(slot) ? DEEP_LONGEST_PAUSE_MS : LONGEST_PAUSE_MS, pauseMs);
  }

  #renew(slot: Slot, opinion: Opinion): void {
    const { market, trader } = this.#options;
    const { engine } = market;
    const old = slot.order === undefined ? undefined : engine.resting(slot.key);
    const price = this.#price(slot, opinion);
    if (old !== undefined && isDeep(slot) && isNear(slot, price, opinion)) {
      if (old.placed.goodTilBlock - engine.nextHeight > DEEP_LIFETIME_BLOCKS / 2) return;
    }
    const subticks = market.restingSubticks(slot.side, price);
    const quantums = this.#size(slot, opinion.pressure);
    const goodTilBlock =
      engine.nextHeight + (isDeep(slot) ? DEEP_LIFETIME_BLOCKS : LIFETIME_BLOCKS);
    if (old !== undefined && isGood(old, { subticks, quantums }, engine.nextHeight)) return;
    const canReplace = old?.filled === 0n && old.placed.goodTilBlock < goodTilBlock;
    if (!canReplace) {
      if (old !== undefined) {
        engine.cancel({ id: old.placed.id, goodTilBlock, goodTilBlockTime: 0 });
      }
      this.#renumber(slot);
    }
    slot.quoted = Number(subticks);
    market.place(trader, {
      side: slot.side,
      quantums,
      subticks,
      goodTilBlock,
      timeInForce: 'POST_ONLY',
      clientId: slot.clientId,
    });
    slot.order = engine.resting(slot.key);
  }

  #renumber(slot: Slot): void {
    const { trader, market } = this.#options;
    this.#clientId = (this.#clientId + 1) % UINT32;
    slot.clientId = this.#clientId;
    slot.key = orderKey({
      subaccount: trader.id,
      clientId: slot.clientId,
      orderFlags: ORDER_FLAGS.shortTerm,
      clobPairId: market.market.clobPairId,
    });
  }

  /** Rungs stand ever further apart; on a coarse grid at least a tick. */
  #price(slot: Slot, { price, pressure }: Opinion): number {
    const { market, random, trader, notionalUsd } = this.#options;
    const inventory = market.positionUsd(trader) / notionalUsd;
    const leanBps = clamp(-INVENTORY_BPS * inventory, LARGEST_LEAN_BPS);
    const tick = market.tickBps(price);
    const away = slot.side === 'BUY' ? -1 : 1;
    const widenBps = Math.max(0, away * pressure) * 1.2;
    const rung = slot.index * (0.55 + 0.045 * slot.index + 0.2 * random.next());
    const distanceBps = 0.45 + widenBps + Math.max(rung, slot.index * tick);
    return price * (1 + (away * distanceBps + leanBps + pressure * 0.3) / 10_000);
  }

  #size(slot: Slot, pressure: number): bigint {
    const { market, random, notionalUsd, preset } = this.#options;
    const shape = 0.5 + Math.min(2, 0.22 * slot.index);
    const towards = slot.side === 'BUY' ? pressure : -pressure;
    const lean = towards >= 0 ? 1 + 0.9 * towards : 1 + 0.8 * towards;
    const chance = Math.exp(0.35 * random.normal());
    return market.quantums(notionalUsd * preset.depth * shape * lean * chance);
  }
}

const isDeep = ({ index }: Slot): boolean => index >= DEEP_RUNG;

const isNear = ({ quoted }: Slot, wanted: number, { price }: Opinion): boolean =>
  Math.abs(quoted - wanted) <= DEEP_TOLERANCE * Math.abs(wanted - price);

const isFilled = ({ order }: Slot): boolean =>
  order !== undefined && order.filled === order.placed.quantums;

/** The fair price has left the quote behind: whoever is faster takes it or moves it. */
function isPassed(side: OrderSide, quoted: number, fair: number): boolean {
  const edge = fair * (STALE_BPS / 10_000);
  return side === 'BUY' ? quoted > fair + edge : quoted < fair - edge;
}

function isGood(
  { placed, filled }: LiveOrder,
  wanted: { readonly subticks: bigint; readonly quantums: bigint },
  nextHeight: number,
): boolean {
  const left = Number(placed.quantums - filled);
  return (
    placed.subticks === wanted.subticks &&
    placed.goodTilBlock - nextHeight > RENEW_BLOCKS &&
    Math.abs(left - Number(wanted.quantums)) <= SIZE_TOLERANCE * left
  );
}

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));
