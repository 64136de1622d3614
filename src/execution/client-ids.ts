/**
 * Our own order numbers: the run's epoch in the high 12 bits, a counter in the low 20. The epoch
 * comes from the journal and grows with every run, so that no number is ever used twice.
 *
 * The highest 65,536 counters are no orders: they are claims. A run picks one by chance and cancels
 * it, which the venue tells everybody who hears the account, though there was never such an order.
 */
import { clientId, type ClientId } from '../model/quantities.js';
import { assert, Failure } from '../model/result.js';

const COUNTER_BITS = 20;
const RUN_SIZE = 2 ** COUNTER_BITS;
export const CLAIMS = 2 ** 16;
const COUNTER_END = RUN_SIZE - CLAIMS;
const EPOCH_MAX = 2 ** (32 - COUNTER_BITS) - 1;

/** The epoch of the run after `last` (0 = none). Throws a terminal `client-ids.exhausted`. */
export function nextEpoch(last: number): number {
  assert(Number.isSafeInteger(last) && last >= 0, `expected an epoch ≥ 0, was ${last}`);
  if (last >= EPOCH_MAX) throw exhausted(`${EPOCH_MAX} runs of this journal`);
  return last + 1;
}

export const epochOf = (id: ClientId): number => Math.floor(id / RUN_SIZE);

/** The claim of a run. `chance`: 0 to 65,535, never from a seed that another machine may share. */
export function claimOf(epoch: number, chance: number): ClientId {
  const isChance = Number.isSafeInteger(chance) && chance >= 0 && chance < CLAIMS;
  assert(isChance, `expected a chance below ${CLAIMS}, was ${chance}`);
  return clientId(epoch * RUN_SIZE + COUNTER_END + chance);
}

export const isClaim = (id: ClientId): boolean => epochOf(id) >= 1 && id % RUN_SIZE >= COUNTER_END;

export class ClientIds {
  readonly #epoch: number;
  #counter = 0;

  /** `epoch`: 1 to 4095, never one that was used before. */
  constructor(epoch: number) {
    const isEpoch = Number.isSafeInteger(epoch) && epoch >= 1 && epoch <= EPOCH_MAX;
    assert(isEpoch, `expected an epoch from 1 to ${EPOCH_MAX}, was ${epoch}`);
    this.#epoch = epoch;
  }

  /** Throws a terminal `client-ids.exhausted` after 983,040 orders of one run. */
  next(): ClientId {
    if (this.#counter >= COUNTER_END) throw exhausted(`${COUNTER_END} orders of this run`);
    const id = clientId(this.#epoch * RUN_SIZE + this.#counter);
    this.#counter += 1;
    return id;
  }
}

const exhausted = (what: string): Failure =>
  new Failure('client-ids.exhausted', `no order number is left after ${what}`, {
    retryable: false,
  });
