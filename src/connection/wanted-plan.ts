/**
 * Which socket carries which subscription. Assignments are stable: what is still wanted stays where
 * it was, and what is new takes the first room. Every socket also carries the block height, its
 * sign of life.
 */
import { subscriptionKey, type Channel, type Subscription } from '../model/events.js';
import { assert } from '../model/result.js';

/** One entry per socket; a socket that has become empty keeps its place. */
export type WantedPlan = readonly (readonly Subscription[])[];

const SOCKETS_MAX = 32;
const SIGN_OF_LIFE: Subscription = { channel: 'v4_block_height', id: undefined };

/**
 * Splits `wanted`, in its order, so that no socket carries more ids of a channel than
 * `idsPerSocket` allows. Throws when 32 sockets do not suffice.
 */
export function planSockets(
  wanted: readonly Subscription[],
  idsPerSocket: (subscription: Subscription) => number,
  previous: WantedPlan = [],
): WantedPlan {
  const left = new Map(wanted.map((one) => [subscriptionKey(one), one]));
  left.delete(subscriptionKey(SIGN_OF_LIFE));
  const sockets = previous.map((carried) =>
    carried.filter((one) => left.delete(subscriptionKey(one))),
  );
  for (const subscription of left.values()) {
    const hasRoom = (carried: readonly Subscription[]): boolean =>
      countOf(carried, subscription.channel) < idsPerSocket(subscription);
    const first = sockets.find(hasRoom);
    if (first === undefined) sockets.push([subscription]);
    else first.push(subscription);
  }
  assert(
    sockets.length <= SOCKETS_MAX,
    `sockets: expected ≤ ${SOCKETS_MAX}, was ${sockets.length}`,
  );
  return sockets.map((carried) => (carried.length === 0 ? [] : [SIGN_OF_LIFE].concat(carried)));
}

const countOf = (carried: readonly Subscription[], channel: Channel): number =>
  carried.filter((one) => one.channel === channel).length;
