/** What the steps ask of a client library, whichever it is. A peer leaves out what it cannot do. */

export const TICKER = 'BTC-USD';

export type Level = readonly [price: number, size: number];

export interface Book {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export interface Trade {
  readonly id: string;
  readonly price: number;
  readonly size: number;
  readonly timeMs: number;
}

export interface Candle {
  readonly startedAtMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export interface SeenOrder {
  readonly id: string;
  readonly clientId: string;
  /** `open`, `closed` (filled), `canceling` (best effort), `canceled`, or the venue's own word. */
  readonly status: string;
  readonly size: number;
}

export interface NewOrder {
  /** `resting`: short-term and good until its block; `gtt` and `postOnly`: long-term. */
  readonly kind: 'market' | 'ioc' | 'resting' | 'gtt' | 'postOnly' | 'stopLoss' | 'takeProfit';
  readonly side: 'buy' | 'sell';
  readonly size: number;
  readonly price: number;
  readonly clientId: number;
  readonly trigger?: number;
  readonly goodTilBlock?: number;
  readonly reduceOnly?: boolean;
}

export interface Cancel {
  readonly clientId: number;
  readonly flags: 0 | 32 | 64;
  readonly goodTilBlock?: number;
}

export interface Movement {
  readonly id: string;
  readonly size: number;
}

export interface Peer {
  readonly name: string;
  readonly address: string;
  timeMs(): Promise<number>;
  height(): Promise<number>;
  /** Base64; undefined while the chain has not seen it. */
  publicKey(): Promise<string | undefined>;
  market(): Promise<{ readonly tick: number; readonly step: number; readonly isActive: boolean }>;
  book(): Promise<Book>;
  trades(): Promise<readonly Trade[]>;
  candles(): Promise<readonly Candle[]>;
  funding(): Promise<readonly { readonly rate: number; readonly timeMs: number }[]>;
  /** The book after so many messages; the first is the snapshot. */
  watchBook(messages: number): Promise<Book>;
  /** Trades of the first two messages: snapshot and update. */
  watchTrades(): Promise<readonly Trade[]>;
  /** The newest candle of the second message. */
  watchCandles(): Promise<Candle>;
  accounts(): Promise<readonly number[]>;
  freeCollateral(): Promise<number>;
  positions(): Promise<readonly { readonly side: string; readonly size: number }[]>;
  /** Kinds of order that it cannot make reject with `Unable`, refusals with `Refused`. */
  place(order: NewOrder): Promise<{ readonly id: string | undefined }>;
  cancel(cancel: Cancel): Promise<void>;
  cancelMany(clientIds: readonly number[], goodTilBlock: number): Promise<void>;
  order(id: string): Promise<SeenOrder>;
  orders(status?: 'OPEN' | 'FILLED'): Promise<readonly SeenOrder[]>;
  movements(type: 'TRANSFER' | 'DEPOSIT' | 'WITHDRAWAL'): Promise<readonly Movement[]>;
  withdraw(usdc: number): Promise<void>;
  deposit(usdc: number): Promise<void>;
  transfer(usdc: number, toNumber: number): Promise<void>;
  close(): Promise<void>;
}

/** The library has no such call: the step is left out, not failed. */
export class Unable extends Error {}

/** The chain said no. */
export class Refused extends Error {
  readonly code: number;

  constructor(code: number, log: string) {
    super(`refused with ${code}: ${log}`);
    this.code = code;
  }
}
