/**
 * How two processes on one subaccount find out about each other, wherever they run. Each says that
 * it is there by canceling a number of its own that was never an order: the venue tells everybody
 * who hears the account. Who hears a claim that is not its own says so, and claims again, so that
 * the other hears it, too: both halt.
 *
 * 1. A claim leaves with every reconciliation, at least two blocks before anything may be opened.
 * 2. Claims of earlier runs of the same journal are ours.
 * 3. Each foreign number is answered once, and at most `ANSWERS_MAX` are: two processes do not talk
 *    for ever.
 */
import { Subject } from 'rxjs';
import type { CancelRequest, VenueOrder } from '../model/order.js';
import {
  blockHeight,
  type BlockHeight,
  type ClientId,
  type MarketId,
  type OrderId,
} from '../model/quantities.js';
import { epochOf, isClaim } from '../execution/client-ids.js';

export interface RunClaimOptions {
  readonly orderIdOf: (clientId: ClientId, market: MarketId) => OrderId;
  readonly onForeign: (evidence: string) => void;
}

/** The venue forgets the claim after so many blocks. */
const CLAIM_BLOCKS = 5;
const ANSWERS_MAX = 20;

export class RunClaim {
  /** It is to be said again that we are here. Hot. */
  readonly wanted$ = new Subject<void>();
  readonly #options: RunClaimOptions;
  readonly #answered = new Set<ClientId>();
  #own: ClientId | undefined;
  #earlier: ReadonlySet<ClientId> = new Set();

  constructor(options: RunClaimOptions) {
    this.#options = options;
  }

  begin(own: ClientId, earlier: readonly ClientId[]): void {
    this.#own = own;
    this.#earlier = new Set(earlier);
  }

  /** The cancel that says that we are here; undefined before the run has begun. */
  request(market: MarketId, height: BlockHeight): CancelRequest | undefined {
    if (this.#own === undefined) return undefined;
    return {
      orderId: this.#options.orderIdOf(this.#own, market),
      clientId: this.#own,
      market,
      goodTilBlock: blockHeight(height + CLAIM_BLOCKS),
    };
  }

  /** Whether this word is a claim, and so about no order. */
  hear({ clientId, market }: VenueOrder): boolean {
    if (!isClaim(clientId)) return false;
    if (clientId === this.#own || this.#earlier.has(clientId)) return true;
    const own = this.#own === undefined ? 'not begun' : `run ${epochOf(this.#own)}`;
    this.#options.onForeign(
      `claim ${clientId} of run ${epochOf(clientId)} in ${market}, we are ${own}`,
    );
    this.#say(clientId);
    return true;
  }

  /** An order that is not ours is alive: perhaps another process of ours made it. */
  foreignOrder(clientId: ClientId): void {
    this.#say(clientId);
  }

  #say(id: ClientId): void {
    if (this.#answered.has(id) || this.#answered.size >= ANSWERS_MAX) return;
    this.#answered.add(id);
    this.wanted$.next();
  }
}
