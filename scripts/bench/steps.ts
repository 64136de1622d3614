/** What a step is, and the few things that steps have in common. */
import assert from 'node:assert/strict';
import { Refused, type Peer } from './peer.js';
import type { Wire } from './wire.js';

export interface Stage {
  readonly peer: Peer;
  /** v4-client-js with the same key, for what must be there and the peer itself cannot make. */
  readonly helper: Peer;
  readonly wire: Wire;
  /** Orders by the name that a step gave them. */
  readonly clientIds: Map<string, number>;
  nextClientId(): number;
}

export interface Step {
  readonly name: string;
  /** What was seen, in a few words; throws what contradicts the exchange's rules. */
  readonly run: (stage: Stage) => Promise<string>;
}

export async function refusedWith(code: number, call: Promise<unknown>): Promise<string> {
  const failure: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure !== undefined && !(failure instanceof Refused)) throw failure;
  assert.equal(failure?.code, code, `expected refusal ${code}, was ${failure?.message ?? 'none'}`);
  return `code ${code}`;
}

export const isSorted = (values: readonly number[], sign: 1 | -1): boolean =>
  values.every((value, index) => index === 0 || sign * (value - (values[index - 1] ?? 0)) > 0);
