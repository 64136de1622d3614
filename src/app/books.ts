/**
 * The account's books in the running service: each fill is booked once, written to the journal, and
 * told first to the positions and then to its order, so that whoever hears of an order's end finds
 * the position that it caused.
 */
import { Subject, type Observable } from 'rxjs';
import type { MarketSpec } from '../model/market.js';
import type { OrderFact, PositionFact, StrategyFact } from '../model/facts.js';
import type { Fill } from '../model/order.js';
import {
  blockHeight,
  type BlockHeight,
  type MarketId,
  type OrderId,
  type SignedSize,
  type Usd,
} from '../model/quantities.js';
import { overlapped } from '../model/sweep-overlap.js';
import type { RecoveredState } from '../journal/journal-state.js';
import type { JournalEntry } from '../ports/journal.js';
import type { Log } from '../ports/log.js';
import { priceText, sizeText } from './amounts.js';
import { PositionBook, type OwnedPosition } from '../portfolio/position-book.js';
import type { OrderTable } from './order-table.js';

/** `sniper/BTC-USD`: the key of one position machine. */
export const positionKey = (strategy: string, market: MarketId): string => `${strategy}/${market}`;

export interface BooksOptions {
  readonly orders: OrderTable;
  readonly specOf: (market: MarketId) => MarketSpec | undefined;
  readonly record: (entry: JournalEntry) => void;
  readonly tellOrder: (orderId: OrderId, fact: OrderFact) => boolean;
  readonly tellPosition: (key: string, fact: PositionFact) => boolean;
  readonly tellStrategy: (strategy: string, fact: StrategyFact) => void;
  readonly onUnexplained: (evidence: string) => void;
  /** The chain has taken a position, or a part of one, without an order of ours. */
  readonly onLiquidated: (evidence: string) => void;
  readonly log: Log;
}

/** Fills since the last sweep, for the next comparison with the venue. */
const RECENT_MAX = 20_000;

/** What happens to a position by the chain's will. */
const SEIZURES: ReadonlySet<Fill['type']> = new Set(['LIQUIDATED', 'DELEVERAGED', 'OFFSETTING']);

export class Books {
  readonly positions: PositionBook;
  readonly #options: BooksOptions;
  readonly #owned$ = new Subject<OwnedPosition>();
  #recent: Fill[] = [];
  #completeTo = 0;
  #openedAt = 0;
  #booked = 0;

  /** Each change of a strategy's position. Hot. */
  readonly owned$: Observable<OwnedPosition> = this.#owned$.asObservable();

  constructor(options: BooksOptions) {
    this.#options = options;
    this.positions = new PositionBook({ specOf: options.specOf });
  }

  /** Fills booked by this process, those of earlier runs not counted. */
  get booked(): number {
    return this.#booked;
  }

  get recent(): readonly Fill[] {
    return this.#recent;
  }

  /** Of what happened from this height on, every fill that is booked is among the recent ones. */
  get recentFrom(): BlockHeight {
    const [oldest] = this.#recent.length < RECENT_MAX ? [] : this.#recent;
    const kept = overlapped(blockHeight(this.#completeTo));
    return blockHeight(Math.max(kept, (oldest?.height ?? -1) + 1));
  }

  /** A fill of an earlier run: it is in the journal already. Of an unlisted market it halts. */
  restore(fill: Fill, strategy: string | undefined): void {
    const booking = this.positions.restore(fill, strategy);
    if (booking.type === 'refused') {
      const what = `fill ${fill.fillId} of an earlier run in ${fill.market}`;
      this.#options.onUnexplained(`${what} could not be booked: ${booking.reason}`);
    }
    const isRecent = fill.height >= overlapped(blockHeight(this.#completeTo));
    if (booking.type === 'booked' && isRecent) this.#remember(fill);
  }

  /** The books of an earlier run as of its checkpoint, before anything else is booked. */
  load({ books, knownFills: fills, completeTo }: RecoveredState): void {
    this.positions.load(books, { fills, completeTo: overlapped(completeTo) });
    this.#recent = [...fills];
    this.sweptTo(completeTo);
  }

  /** Fills below this height are in what was adopted. */
  openAt(height: BlockHeight): void {
    this.#openedAt = height;
    this.sweptTo(height);
  }

  /** Positions of an earlier run, to whoever watches over positions. */
  announceRestored(): void {
    for (const owned of this.positions.ownedPositions()) {
      if (owned.position.size !== 0n) this.#owned$.next(owned);
    }
  }

  /** A size that the account held before this journal began. */
  adopt(market: MarketId, size: SignedSize, cost: Usd): void {
    this.positions.adopt(market, size, cost);
  }

  /** A fill from the venue, by whatever road. False when it was known. */
  book(fill: Fill): boolean {
    if (fill.height < this.#openedAt) return false;
    const { orders, record, tellOrder, onUnexplained, log, specOf } = this.#options;
    const order = fill.orderId === undefined ? undefined : orders.get(fill.orderId);
    const strategy = order?.request.strategy;
    const booking = this.positions.book(fill, strategy);
    if (booking.type === 'duplicate') return false;
    if (booking.type === 'refused') {
      onUnexplained(`fill ${fill.fillId} could not be booked: ${booking.reason}`);
      return false;
    }
    this.#booked += 1;
    this.#remember(fill);
    record({ type: 'fill', fill, strategy });
    const spec = specOf(fill.market);
    const [filled, paid] = [sizeText(spec, fill.size), priceText(spec, fill.price)];
    log.write('info', 'fill', {
      market: fill.market,
      side: fill.side,
      size: filled,
      price: paid,
      type: fill.type,
      height: fill.height,
      orderId: fill.orderId ?? 'none',
    });
    for (const owned of booking.owned) this.#announce(owned);
    if (SEIZURES.has(fill.type)) {
      const { market, type, side, height } = fill;
      const what = `${type} ${side} ${filled} at ${paid}`;
      this.#options.onLiquidated(`${market}: ${what} in block ${height}, fill ${fill.fillId}`);
    }
    if (order !== undefined) {
      const { orderId } = order.request;
      const { fillId, height, size } = fill;
      orders.noteFill(orderId, height);
      const isHeard = tellOrder(orderId, { type: 'venue.fill', fillId, size });
      if (!isHeard) orders.fillUnheard(orderId, size);
    } else if (fill.orderId !== undefined) {
      onUnexplained(`fill ${fill.fillId} in ${fill.market} is of no order of ours`);
    }
    return true;
  }

  /** Fills up to this height are all booked. */
  sweptTo(height: BlockHeight): void {
    if (height <= this.#completeTo) return;
    this.#completeTo = height;
    this.positions.sweptTo(height);
    const kept = overlapped(height);
    this.#recent = this.#recent.filter((fill) => fill.height >= kept);
  }

  #announce(owned: OwnedPosition): void {
    const { owner, position } = owned;
    this.#owned$.next(owned);
    if (owner === undefined) return;
    const { market, size } = position;
    const { tellPosition, tellStrategy } = this.#options;
    tellPosition(positionKey(owner, market), { type: 'position.changed', size });
    tellStrategy(owner, { type: 'position.changed', market, size });
  }

  #remember(fill: Fill): void {
    this.#recent.push(fill);
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
  }
}
