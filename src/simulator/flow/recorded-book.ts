/**
 * A market's book as a recording tells it, with our own orders in between. Conventions:
 * 1. Recorded size rests as orders of one seeded account. An order of ours stands behind what was
 *    there when it came; size that is added later stands behind it.
 * 2. Recorded size that vanishes without a print leaves from behind: a cancel brings our order
 *    forward only when nothing is left behind it.
 * 3. A print takes our orders at better prices first, then the queue at its own price from the
 *    front, ours included, and always trades its whole size. What has left its level some seconds
 *    before counts as the print's own effect, not as a cancel: it is taken from where it left.
 * 4. Recorded size that arrives through the price of our order fills it, at our price.
 * 5. Size that we have taken is gone until the recording tells of that level again.
 * Recorded bids and asks may cross each other, as they do in recordings.
 */
import { smallest } from '../../model/quantities.js';
import type { Account } from '../chain/clearing-account.js';
import type { MatchingEngine } from '../chain/matching-engine.js';
import { opposite, remaining, type LiveOrder, type Memclob } from '../chain/memclob.js';
import type { BookLevel } from '../exchange-types.js';
import type { OrderSide, PlaceOrder } from '../order-terms.js';
import type { RecordedLevel, RecordedMoment, RecordedTrade } from '../recorded-moment.js';
import { RecentDepartures } from './recent-departures.js';

const SIDES = ['BUY', 'SELL'] as const;

export interface RecordedBookOptions {
  readonly clobPairId: number;
  readonly engine: MatchingEngine;
  /** Owns all recorded size, and never lacks funds; so the other, who takes for the prints. */
  readonly maker: Account;
  readonly taker: Account;
  /** Told of each level that changes without a match. */
  readonly level: (side: OrderSide, level: BookLevel) => void;
}

export class RecordedBook {
  readonly #options: RecordedBookOptions;
  readonly #book: Memclob;
  readonly #departures = new RecentDepartures();

  constructor(options: RecordedBookOptions) {
    this.#options = options;
    this.#book = options.engine.book(options.clobPairId);
  }

  apply({ timeMs, isWholeBook, levels, trades }: RecordedMoment): void {
    this.#departures.advance(timeMs);
    if (isWholeBook) this.#clearOthers(levels);
    for (const level of levels) this.#set(level);
    for (const side of SIDES) this.#meet(side);
    for (const trade of trades) this.#print(trade);
  }

  #clearOthers(levels: readonly RecordedLevel[]): void {
    const told = new Set(levels.map(({ side, subticks }) => `${side}/${subticks}`));
    for (const { placed } of this.#book.orders().filter((order) => this.#isRecorded(order))) {
      const { side, subticks } = placed;
      if (!told.has(`${side}/${subticks}`)) this.#set({ side, subticks, quantums: 0n });
    }
  }

  /** The recorded part of a level becomes `quantums`. */
  #set({ side, subticks, quantums }: RecordedLevel): void {
    const queue = this.#book.at(side, subticks);
    const slices = queue.filter((order) => this.#isRecorded(order));
    const before = slices.reduce((sum, slice) => sum + remaining(slice), 0n);
    if (quantums > before) {
      this.#options.level(side, this.#grow(side, subticks, quantums - before));
      return;
    }
    const ours = queue.findIndex((order) => !this.#isRecorded(order));
    let left = before - quantums;
    for (const slice of slices.toReversed()) {
      if (left === 0n) break;
      const isAhead = ours === -1 || queue.indexOf(slice) < ours;
      const leaving = smallest(left, remaining(slice));
      left -= leaving;
      this.#departures.note(placeOf(side, subticks, isAhead), leaving);
      const level = this.#book.fill(slice, leaving);
      if (left === 0n) this.#options.level(side, level);
    }
  }

  /** More size at the end of the queue. */
  #grow(side: OrderSide, subticks: bigint, quantums: bigint): BookLevel {
    const last = this.#book.at(side, subticks).at(-1);
    if (last === undefined || !this.#isRecorded(last)) {
      return this.#book.add(this.#order(this.#options.maker, { side, subticks, quantums }));
    }
    const grown = remaining(last) + quantums;
    this.#book.remove(last);
    return this.#book.add(this.#order(this.#options.maker, { side, subticks, quantums: grown }));
  }

  /** Our orders on a side that recorded size of the other side has come through. */
  #meet(side: OrderSide): void {
    let theirs = this.#firstRecorded(opposite(side));
    if (theirs === undefined) return;
    for (const ours of this.#oursWithin(side, theirs.placed.subticks)) {
      while (theirs !== undefined && ours.isResting && isWithin(ours, theirs.placed.subticks)) {
        const quantums = smallest(remaining(ours), remaining(theirs));
        if (!this.#fill(ours, quantums)) break;
        this.#options.level(theirs.placed.side, this.#book.fill(theirs, quantums));
        theirs = this.#firstRecorded(opposite(side));
      }
    }
  }

  #print({ side, subticks, quantums }: RecordedTrade): void {
    const makers = opposite(side);
    let left = quantums;
    for (const ours of this.#oursWithin(makers, subticks)) {
      if (ours.placed.subticks === subticks) continue;
      const filled = smallest(left, remaining(ours));
      if (filled > 0n && this.#fill(ours, filled)) left -= filled;
    }
    const ahead = this.#departures.take(placeOf(makers, subticks, true), left);
    this.#printUnseen(makers, subticks, ahead);
    left -= ahead;
    const behind = this.#departures.take(placeOf(makers, subticks, false), left);
    if (behind > 0n) this.#grow(makers, subticks, behind);
    for (const order of this.#book.at(makers, subticks)) {
      const filled = smallest(left, remaining(order));
      if (filled > 0n && this.#fill(order, filled)) left -= filled;
    }
    this.#printUnseen(makers, subticks, left);
  }

  /** A trade with recorded size that is no longer in the book, or never was. */
  #printUnseen(side: OrderSide, subticks: bigint, quantums: bigint): void {
    if (quantums === 0n) return;
    this.#fill(this.#order(this.#options.maker, { side, subticks, quantums }), quantums);
  }

  /** A match of the recording's taker with this order; not if it lacks collateral. */
  #fill(maker: LiveOrder, quantums: bigint): boolean {
    const { matcher } = this.#options.engine;
    const { side, subticks } = maker.placed;
    const terms = { side: opposite(side), subticks, quantums };
    const refused = matcher.settle(this.#order(this.#options.taker, terms), maker, quantums);
    if (refused?.maker !== undefined) matcher.remove(maker, refused.maker);
    return refused === undefined;
  }

  /** Our orders at this price or better, in the order in which they would be matched. */
  #oursWithin(side: OrderSide, subticks: bigint): LiveOrder[] {
    const ours: LiveOrder[] = [];
    for (const order of this.#book.queue(side)) {
      if (!isWithin(order, subticks)) break;
      if (!this.#isRecorded(order)) ours.push(order);
    }
    return ours;
  }

  #firstRecorded(side: OrderSide): LiveOrder | undefined {
    for (const order of this.#book.queue(side)) if (this.#isRecorded(order)) return order;
    return undefined;
  }

  #isRecorded({ account }: LiveOrder): boolean {
    return account === this.#options.maker;
  }

  /** All of an account's orders share one id: nobody can ask for them or cancel them. */
  #order(account: Account, terms: Pick<PlaceOrder, 'side' | 'subticks' | 'quantums'>): LiveOrder {
    const { clobPairId } = this.#options;
    const placed: PlaceOrder = {
      ...terms,
      id: { subaccount: account.id, clientId: 0, orderFlags: 0, clobPairId },
      goodTilBlock: 0,
      goodTilBlockTime: 0,
      timeInForce: 'GTT',
      reduceOnly: false,
      clientMetadata: 0,
    };
    return { key: account.key, account, placed, filled: 0n, isResting: false };
  }
}

const placeOf = (side: OrderSide, subticks: bigint, isAhead: boolean): string =>
  `${side}/${subticks}/${isAhead ? 'ahead' : 'behind'}`;

const isWithin = ({ placed }: LiveOrder, subticks: bigint): boolean =>
  placed.side === 'BUY' ? subticks <= placed.subticks : subticks >= placed.subticks;
