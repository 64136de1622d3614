/**
 * What messages for the chain carry in place of the account's sequence: unix milliseconds. The
 * account's own sequence is neither asked for nor used up, so nobody else's message can break ours.
 *
 * @see v4-chain `x/accountplus/ante`: a sequence of 2^40 and above is read as a time.
 */

/** The chain takes a nonce only in blocks whose time is no further from it than this. */
export const NONCE_WINDOW_MS = 30_000;

/** Two messages of one millisecond would collide, so each is above the last. */
export const nextNonce = (last: number, now: number): number => Math.max(last + 1, Math.floor(now));
