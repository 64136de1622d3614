/**
 * How a frame of a market goes on behind `"id":"`: found by its first eight bytes, then compared as
 * a whole, so that a ticker is recognised without being read.
 */
import { Pattern, type ByteCursor } from './byte-cursor.codec.js';
import type { MarketId } from '../model/quantities.js';
import type { MarketUnits } from './units.js';

/** Behind the ticker; what differs between the channels comes after it. */
const CHANNEL = '","channel":"v4_';
const BOOK_CHANNEL = `${CHANNEL}orderbook","version":"1.0.0","contents":{"`;
const FIRST_SIZE = 64;
/** So many slots for each market: few fall on one. */
const SLOTS_PER_MARKET = 4;

/** Of one market, with what its book updates need in one place. */
export interface Head {
  readonly market: MarketId;
  readonly text: Pattern;
  /** The same of a book update, up to the name of its first side. */
  readonly book: Pattern;
  units: MarketUnits;
  slot: number;
  tickDecimals: number;
  tickCoefficient: number;
  stepDecimals: number;
  stepCoefficient: number;
}

/** As many entries as the venue has ever listed markets: a few hundred. */
export class MarketHeads {
  readonly #heads = new Map<string, Head>();
  #slots: (Head | undefined)[] = emptySlots(FIRST_SIZE);

  /** A known market gets the new units. */
  set(units: MarketUnits): void {
    const { market } = units.spec;
    const { tick, step } = units;
    const known = this.#heads.get(market);
    const grids = {
      units,
      slot: units.slot,
      tickDecimals: tick.decimals,
      tickCoefficient: tick.coefficient,
      stepDecimals: step.decimals,
      stepCoefficient: step.coefficient,
    };
    if (known !== undefined) {
      Object.assign(known, grids);
      return;
    }
    const text = new Pattern(market + CHANNEL);
    const head = { market, text, book: new Pattern(market + BOOK_CHANNEL), ...grids };
    this.#heads.set(market, head);
    if (this.#heads.size * SLOTS_PER_MARKET <= this.#slots.length) return this.#place(head);
    this.#slots = emptySlots(2 * this.#slots.length);
    for (const one of this.#heads.values()) this.#place(one);
  }

  /** The market whose head stands here, which is passed. */
  read(cursor: ByteCursor): MarketUnits | undefined {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = cursor.hash(mask); ; slot = (slot + 1) & mask) {
      const head = slots[slot];
      if (head === undefined) return undefined;
      if (cursor.skip(head.text)) return head.units;
    }
  }

  /** The market of the book update that stands here, of which nothing is passed. */
  findBook(cursor: ByteCursor): Head | undefined {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = cursor.hash(mask); ; slot = (slot + 1) & mask) {
      const head = slots[slot];
      if (head === undefined || cursor.isAt(head.book)) return head;
    }
  }

  #place(head: Head): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = head.text.hash(mask);
    while (slots[slot] !== undefined) slot = (slot + 1) & mask;
    slots[slot] = head;
  }
}

const emptySlots = (size: number): (Head | undefined)[] => Array.from({ length: size });
