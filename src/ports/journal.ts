/** What happened, durably and in order: intents before bytes, results, fills, latches, commands. */
import type { Observable } from 'rxjs';
import type {
  BalanceAdjustment,
  BalanceOpening,
  FundingPayment,
  Transfer,
} from '../model/account.js';
import type { Command } from '../model/command.js';
import type { Fallback } from '../model/engine-status.js';
import type { CancelRequest, Fill, OrderEnd, OrderRequest } from '../model/order.js';
import type { Position } from '../model/position.js';
import type { Breach, LossMark, RiskLevel } from '../model/risk.js';
import type {
  BlockHeight,
  ClientId,
  FillId,
  OrderId,
  SignedSize,
  MarketId,
  UnixMs,
  Usd,
} from '../model/quantities.js';
import type { SendAnswer } from './venue.js';

/** One entry. Every row is stamped and carries the number of the last input before it. */
export type JournalEntry =
  /** `claim`: the number by which other processes hear of this run. */
  | {
      readonly type: 'run';
      readonly epoch: number;
      readonly version: string;
      readonly claim?: ClientId;
    }
  | { readonly type: 'order.intent'; readonly request: OrderRequest }
  | { readonly type: 'order.sent'; readonly orderId: OrderId; readonly answer: SendAnswer }
  | {
      readonly type: 'order.end';
      readonly orderId: OrderId;
      readonly end: OrderEnd;
      readonly filled: bigint;
    }
  | { readonly type: 'cancel.intent'; readonly request: CancelRequest }
  | { readonly type: 'cancel.sent'; readonly orderId: OrderId; readonly answer: SendAnswer }
  | { readonly type: 'fill'; readonly fill: Fill; readonly strategy: string | undefined }
  /** A size adopted from the venue beyond what fills explain, and its signed value at the time. */
  | {
      readonly type: 'position.opening';
      readonly market: MarketId;
      readonly size: SignedSize;
      readonly cost?: Usd;
    }
  /** Once per journal: the balance that funding, transfers and fills count from. */
  | { readonly type: 'balance.opening'; readonly opening: BalanceOpening }
  | { readonly type: 'funding'; readonly payment: FundingPayment }
  | { readonly type: 'transfer'; readonly transfer: Transfer }
  /** What an operator has accepted of the venue's balance without an explanation. */
  | { readonly type: 'balance.adjustment'; readonly adjustment: BalanceAdjustment }
  /** The figures that losses are counted from: they outlive the run. */
  | { readonly type: 'loss.mark'; readonly mark: LossMark }
  | { readonly type: 'sweep'; readonly completeTo: BlockHeight }
  /** Why risk is where it is; for reading back only. */
  | {
      readonly type: 'risk.level';
      readonly level: RiskLevel;
      readonly causes: readonly string[];
    }
  | { readonly type: 'risk.latched'; readonly breach: Breach }
  | { readonly type: 'risk.cleared'; readonly cause: string; readonly by: string }
  /** Latched: goes on in the next run with the same setting. */
  | { readonly type: 'engine.fallback'; readonly fallback: Fallback }
  | { readonly type: 'engine.restored'; readonly by: string }
  /** Those that were refused changed nothing; earlier versions do not say which. */
  | { readonly type: 'command'; readonly command: Command; readonly accepted?: boolean }
  | { readonly type: 'checkpoint'; readonly state: Checkpoint };

/** One order as the journal knows it. Without an answer its bytes may or may not have left. */
export interface RecoveredOrder {
  readonly request: OrderRequest;
  readonly answer: SendAnswer | undefined;
  readonly cancel: CancelRequest | undefined;
  readonly fillIds: readonly FillId[];
  readonly filled: bigint;
  readonly end: OrderEnd | undefined;
  /** Height up to which all fills had been read when it ended. */
  readonly endedAt?: BlockHeight | undefined;
}

/** The books at one moment: per market, and per owner in it; without an owner, of nobody. */
export interface BookSnapshot {
  readonly positions: readonly Position[];
  readonly owned: readonly {
    readonly owner?: string | undefined;
    readonly position: Position;
  }[];
}

/** All that the rows before it come to: a start reads from here. */
export interface Checkpoint {
  readonly epoch: number;
  readonly completeTo: BlockHeight;
  readonly orders: readonly RecoveredOrder[];
  readonly books: BookSnapshot;
  /** Fills that are in the books and that a sweep may find again. */
  readonly fills: readonly Fill[];
  readonly latched: readonly Breach[];
  readonly fallback?: Fallback | undefined;
  /** Names of strategies. */
  readonly paused?: readonly string[];
  readonly lossMark?: LossMark | undefined;
  /** Fills below this height are in what the first run adopted. */
  readonly openedAt?: BlockHeight;
  /** Of the newest runs. */
  readonly claims?: readonly ClientId[];
  /** Entries that must be read again as they are, oldest first. */
  readonly entries: readonly JournalEntry[];
}

export interface JournalRow {
  readonly sequence: number;
  readonly at: UnixMs;
  /** Number of the last input that was run before this row was written. */
  readonly input: number;
  readonly entry: JournalEntry;
}

/** A journal belongs to one account on one network and refuses every other. */
export interface JournalIdentity {
  readonly network: string;
  readonly address: string;
  readonly subaccount: number;
}

export interface Journal {
  /** All rows since the newest checkpoint, oldest first; read once at start. */
  readonly history: readonly JournalRow[];
  /**
   * Queues an entry; the result emits once and completes when the row is durable, or errors with a
   * terminal `Failure` (`journal.failed`): nothing may be sent after that.
   */
  append(
    entry: JournalEntry,
    stamp: { readonly at: UnixMs; readonly input: number },
  ): Observable<void>;
  /**
   * In words, once: the disk is full, and what is written now goes to the reserve. Enough for
   * leaving positions, not for going on.
   */
  readonly strained$: Observable<string>;
  /** Flushes and closes. */
  close(): Promise<void>;
}
