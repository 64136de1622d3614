/** What the connection stage must know of a venue's wire: its envelopes, not its contents. */
import type { Envelope, Subscription } from '../model/events.js';

export interface Wire {
  /** The envelope of a frame, or undefined when it cannot be read. */
  readEnvelope(frame: Uint8Array): Envelope | undefined;
  /**
   * Recognises the plain data frames of one connection at a glance: their message id, or −1 for
   * every other frame, for those of the sign of life, and on any doubt.
   */
  dataFrames(connectionId: string): (frame: Uint8Array) => number;
  writeSubscribe(subscription: Subscription): string;
  writeUnsubscribe(subscription: Subscription): string;
  /** How many ids one socket may carry on a channel. */
  idsPerSocket(subscription: Subscription): number;
}
