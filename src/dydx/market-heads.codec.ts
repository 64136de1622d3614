/**
 * How a frame of a market goes on behind `"id":"`: found by its first eight bytes, then compared as
 * a whole, so that a ticker is recognised without being read.
 */
import { Pattern, type ByteCursor } from './byte-cursor.codec.js';
import type { MarketUnits } from './units.js';

/** Behind the ticker; what differs between the channels comes after it. */
const CHANNEL = '","channel":"v4_';
const FIRST_SIZE = 64;
/** So many slots for each market: few fall on one. */
const SLOTS_PER_MARKET = 4;

interface Head {
  units: MarketUnits;
  readonly text: Pattern;
}

/** As many entries as the venue has ever listed markets: a few hundred. */
export class MarketHeads {
  readonly #heads = new Map<string, Head>();
  #slots: (Head | undefined)[] = emptySlots(FIRST_SIZE);

  /** A known market gets the new units. */
  set(units: MarketUnits): void {
    const { market } = units.spec;
    const known = this.#heads.get(market);
    if (known !== undefined) {
      known.units = units;
      return;
    }
    const head = { units, text: new Pattern(market + CHANNEL) };
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

  #place(head: Head): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = head.text.hash(mask);
    while (slots[slot] !== undefined) slot = (slot + 1) & mask;
    slots[slot] = head;
  }
}

const emptySlots = (size: number): (Head | undefined)[] => Array.from({ length: size });
