/**
 * Every fill booked exactly once: per market, which is what the venue knows, and per strategy and
 * market, which is what the position machines know.
 *
 * 1. A fill is known by its id. Ids are remembered until a sweep has covered their height; a fill
 *    from below a forgotten height counts as known.
 * 2. A fill without a strategy (liquidation, deleveraging) is shared among the strategies whose
 *    positions it shrinks, the largest first; the rest belongs to nobody.
 */
import type { MarketSpec } from '../model/market.js';
import type { Fill } from '../model/order.js';
import type { Position } from '../model/position.js';
import {
  absolute,
  blockHeight,
  size,
  smallest,
  usd,
  type BlockHeight,
  type FillId,
  type MarketId,
  type SignedSize,
  type Usd,
} from '../model/quantities.js';
import { assert } from '../model/result.js';
import { overlapped } from '../model/sweep-overlap.js';
import type { BookSnapshot } from '../ports/journal.js';
import { flatPosition, withFill, withTrade } from './position-accounting.js';

/** `undefined` stands for nobody: adopted and unexplained size. */
export type Owner = string | undefined;

export interface OwnedPosition {
  readonly owner: Owner;
  readonly position: Position;
}

export type Booking =
  | {
      readonly type: 'booked';
      readonly fill: Fill;
      /** The market's position after the fill. */
      readonly position: Position;
      /** Positions of the owners that the fill touched, after it. */
      readonly owned: readonly OwnedPosition[];
    }
  | { readonly type: 'duplicate'; readonly fill: Fill }
  /** Not booked and not remembered: the market's parameters are not known yet. */
  | { readonly type: 'refused'; readonly fill: Fill; readonly reason: string };

export interface PositionBookOptions {
  readonly specOf: (market: MarketId) => MarketSpec | undefined;
  /** Fill ids kept before those that a sweep has covered are forgotten. Default 100,000. */
  readonly fillIdsMax?: number;
}

export class PositionBook {
  readonly #options: PositionBookOptions;
  readonly #markets = new Map<MarketId, Position>();
  readonly #owned = new Map<MarketId, Map<Owner, Position>>();
  readonly #heights = new Map<FillId, BlockHeight>();
  #completeTo = blockHeight(0);
  /** Fills below this height are all booked, though their ids are forgotten. */
  #forgottenBelow = blockHeight(0);

  constructor(options: PositionBookOptions) {
    this.#options = options;
  }

  book(fill: Fill, owner: Owner): Booking {
    return this.isKnown(fill) ? { type: 'duplicate', fill } : this.#add(fill, owner);
  }

  #add(fill: Fill, owner: Owner): Booking {
    const spec = this.#options.specOf(fill.market);
    if (spec === undefined) {
      return { type: 'refused', fill, reason: `no parameters of ${fill.market} yet` };
    }
    if (fill.height >= this.#forgottenBelow) this.#remember(fill);
    const position = withFill(this.position(fill.market), fill, spec);
    this.#markets.set(fill.market, position);
    const owned = this.#share(fill, owner).map(([to, part]) => this.#bookPart(to, part, spec));
    return { type: 'booked', fill, position, owned };
  }

  /** A fill of an earlier run, however old: the journal has it once. */
  restore(fill: Fill, owner: Owner): Booking {
    return this.#heights.has(fill.fillId) ? { type: 'duplicate', fill } : this.#add(fill, owner);
  }

  /** Everything at a moment, for `load`. */
  snapshot(): BookSnapshot {
    return { positions: this.positions(), owned: this.ownedPositions() };
  }

  /** Of an earlier run; fills below `completeTo` are known from now on, and these too. */
  load(
    books: BookSnapshot | undefined,
    known: { readonly fills: readonly Fill[]; readonly completeTo: BlockHeight },
  ): void {
    for (const position of books?.positions ?? []) this.#markets.set(position.market, position);
    for (const { owner, position } of books?.owned ?? []) {
      this.#ownersOf(position.market).set(owner, position);
    }
    this.sweptTo(known.completeTo);
    this.#forgottenBelow = known.completeTo;
    for (const fill of known.fills) this.#remember(fill);
  }

  /** A size found at the venue that no fill explains; it belongs to nobody. */
  adopt(market: MarketId, added: SignedSize, cost: Usd): Position {
    const position = withTrade(this.position(market), added, cost);
    this.#markets.set(market, position);
    const nobody = this.ownedPosition(undefined, market);
    this.#ownersOf(market).set(undefined, withTrade(nobody, added, cost));
    return position;
  }

  /** All fills up to and including this height have been read from the venue and booked. */
  sweptTo(completeTo: BlockHeight): void {
    if (completeTo > this.#completeTo) this.#completeTo = completeTo;
  }

  isKnown(fill: Fill): boolean {
    return this.#heights.has(fill.fillId) || fill.height < this.#forgottenBelow;
  }

  position(market: MarketId): Position {
    return this.#markets.get(market) ?? flatPosition(market);
  }

  ownedPosition(owner: Owner, market: MarketId): Position {
    return this.#owned.get(market)?.get(owner) ?? flatPosition(market);
  }

  /** Every market that was ever touched, flat ones included. */
  positions(): readonly Position[] {
    return [...this.#markets.values()];
  }

  ownedPositions(): readonly OwnedPosition[] {
    return [...this.#owned.values()].flatMap((owners) =>
      [...owners].map(([owner, position]) => ({ owner, position })),
    );
  }

  #remember(fill: Fill): void {
    const max = this.#options.fillIdsMax ?? 100_000;
    if (this.#heights.size >= max) this.#forget();
    assert(this.#heights.size < max, `expected a sweep before ${max} fills`);
    this.#heights.set(fill.fillId, fill.height);
  }

  #forget(): void {
    // The next sweep reads the last blocks again: what it finds late there is no duplicate.
    this.#forgottenBelow = overlapped(this.#completeTo);
    for (const [id, height] of this.#heights) {
      if (height < this.#forgottenBelow) this.#heights.delete(id);
    }
  }

  #bookPart(owner: Owner, part: Fill, spec: MarketSpec): OwnedPosition {
    const position = withFill(this.ownedPosition(owner, part.market), part, spec);
    this.#ownersOf(part.market).set(owner, position);
    return { owner, position };
  }

  #ownersOf(market: MarketId): Map<Owner, Position> {
    const owners = this.#owned.get(market) ?? new Map<Owner, Position>();
    this.#owned.set(market, owners);
    return owners;
  }

  #share(fill: Fill, owner: Owner): readonly (readonly [Owner, Fill])[] {
    if (owner !== undefined) return [[owner, fill]];
    const shrinking = [...this.#ownersOf(fill.market)]
      .filter(([, held]) => (fill.side === 'buy' ? held.size < 0n : held.size > 0n))
      .sort(([, a], [, b]) => compare(absolute(b.size), absolute(a.size)));
    const parts: (readonly [Owner, Fill])[] = [];
    let rest = fill;
    for (const [to, held] of shrinking) {
      const [part, remaining] = splitFill(rest, smallest(rest.size, absolute(held.size)));
      if (part.size > 0n) parts.push([to, part]);
      rest = remaining;
    }
    return rest.size > 0n ? [...parts, [undefined, rest]] : parts;
  }
}

const compare = (a: bigint, b: bigint): number => (a === b ? 0 : a > b ? 1 : -1);

/** Cuts a fill in two; the first part's fee is pro rata, rounded towards zero. */
function splitFill(fill: Fill, first: bigint): readonly [Fill, Fill] {
  const fee = fill.size === 0n ? 0n : (fill.fee * first) / fill.size;
  return [
    { ...fill, size: size(first), fee: usd(fee) },
    { ...fill, size: size(fill.size - first), fee: usd(fill.fee - fee) },
  ];
}
