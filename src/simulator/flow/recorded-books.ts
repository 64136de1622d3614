/**
 * The markets whose books a recording drives, each with two seeded accounts of its own as
 * counterparty, opened when the recording first speaks of the market.
 */
import type { Account } from '../chain/clearing-account.js';
import type { MatchingEngine } from '../chain/matching-engine.js';
import type { BookLevel } from '../exchange-types.js';
import type { OrderSide, SubaccountId } from '../order-terms.js';
import type { RecordedMoment } from '../recorded-moment.js';
import { RecordedBook } from './recorded-book.js';

/** 1e-6 USDC: enough that the recording never fails a collateral check. */
const RECORDING_FUNDS = 10_000_000_000_000_000_000n;

export interface RecordedBooksOptions {
  readonly engine: MatchingEngine;
  readonly fund: (id: SubaccountId, quoteQuantums: bigint) => Account;
  readonly level: (clobPairId: number, side: OrderSide, level: BookLevel) => void;
}

export class RecordedBooks {
  readonly #options: RecordedBooksOptions;
  readonly #books = new Map<number, RecordedBook>();
  readonly #pricesE12 = new Map<number, bigint>();

  constructor(options: RecordedBooksOptions) {
    this.#options = options;
  }

  /** Throws for an unknown market: the exchange has others than the recording. */
  apply(moment: RecordedMoment): void {
    const { clobPairId, oraclePriceE12 } = moment;
    if (oraclePriceE12 !== undefined) this.#pricesE12.set(clobPairId, oraclePriceE12);
    this.#book(clobPairId).apply(moment);
  }

  /** The oracle price that the recording told last. */
  oraclePriceE12(clobPairId: number): bigint | undefined {
    return this.#pricesE12.get(clobPairId);
  }

  #book(clobPairId: number): RecordedBook {
    const known = this.#books.get(clobPairId);
    if (known !== undefined) return known;
    const { engine, fund, level } = this.#options;
    const market = engine.market(clobPairId);
    if (market === undefined) throw new RangeError(`expected a clob pair, was ${clobPairId}`);
    const account = (role: string): Account =>
      fund({ owner: `recording/${market.ticker}/${role}`, number: 0 }, RECORDING_FUNDS);
    const book = new RecordedBook({
      clobPairId,
      engine,
      maker: account('maker'),
      taker: account('taker'),
      level: (side, changed) => level(clobPairId, side, changed),
    });
    this.#books.set(clobPairId, book);
    return book;
  }
}
