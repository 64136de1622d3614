/** The operator's view: a projection to read and commands to send; never an actor. */
import type { Observable } from 'rxjs';
import type { Command, CommandOutcome } from '../model/command.js';
import type { FrameCounts } from '../model/events.js';

/** Which engine of layers 3 to 5 is heard, and what was found of the two. */
export interface EngineState {
  readonly setting: string;
  readonly active: string;
  /** Latched; null while there is none. */
  readonly fallback: {
    readonly cause: string;
    readonly evidence: string;
    readonly at: number;
  } | null;
  /** Why the batch engine ended by itself: there is nothing to fall back to. Null usually. */
  readonly alone: string | null;
  /** By cause, in this run. */
  readonly fallbacks: Readonly<Record<string, number>>;
  /** Comparisons of everything, and differences found in all. */
  readonly compared: number;
  readonly divergent: number;
  readonly divergences: readonly {
    readonly at: number;
    readonly place: string;
    readonly streaming: string;
    readonly batch: string;
  }[];
}

/** One comparison of the account with the venue, step by step. */
export interface ReconciliationState {
  /** The step that is under way, such as `settling.blocks.asking`. */
  readonly state: string;
  /** Of the indexer, before the fills were read. */
  readonly height: number;
  /** Differences found so far that are in doubt. */
  readonly attempts: number;
  /** What the steps have said, newest last. */
  readonly steps: readonly string[];
  /** Why it has not ended yet, if a step failed or found a difference. */
  readonly reason: string | null;
}

export type EndpointKind = 'rest' | 'socket' | 'rpc';

/** One address of the venue and how it does. */
export interface EndpointState {
  readonly kind: EndpointKind;
  /** In the order of preference, from 0. */
  readonly rank: number;
  /** Scheme, host and port: a path may hold a key. */
  readonly origin: string;
  /** The one that was asked last. */
  readonly isCurrent: boolean;
  readonly state: 'healthy' | 'lagging' | 'failing';
  readonly requests: number;
  readonly errors: number;
  readonly latencyMs: number | null;
  readonly height: number | null;
  readonly lagBlocks: number | null;
  /** Left alone for so long. */
  readonly restsMs: number;
  readonly lastError: string | null;
}

/** What is left of one bucket of REST requests, which all readers of the process share. */
export interface RestUsage {
  readonly bucket: string;
  /** Requests that may go at once, and how many of them are free now. */
  readonly burst: number;
  readonly free: number;
  readonly perSecond: number;
  /** What the next request would have to wait. */
  readonly waitMs: number;
}

/** All values are plain JSON: amounts are decimal strings, times are Unix milliseconds. */
export interface ServiceState {
  readonly version: string;
  readonly network: string;
  readonly mode: 'live' | 'paper' | 'shadow';
  readonly state: string;
  readonly startedAt: number;
  readonly now: number;
  readonly address: string | null;
  readonly subaccount: number;
  readonly chainHeight: number | null;
  /** Null while none is under way. */
  readonly reconciliation: ReconciliationState | null;
  /** When the account was read last; null before the first time. */
  readonly sweptAt: number | null;
  readonly permission: { readonly granted: boolean; readonly reasons: readonly string[] };
  readonly connections: readonly {
    readonly name: string;
    readonly state: string;
    readonly attempts: number;
    readonly subscriptions: number;
    readonly lastError: string | null;
  }[];
  /** Empty where the venue is in process. */
  readonly endpoints: readonly EndpointState[];
  /** Buckets that were used; none where the venue is in process. */
  readonly rest: readonly RestUsage[];
  readonly strategies: readonly { readonly name: string; readonly state: string }[];
  readonly engine: EngineState;
  readonly frames: FrameCounts;
  readonly deadLetters: Readonly<Record<string, number>>;
  /** Channels that speak a major version which we cannot read: nothing of them is taken in. */
  readonly unknownVersions: readonly {
    readonly channel: string;
    readonly version: string;
    readonly since: number;
    readonly frames: number;
  }[];
}

export interface MarketState {
  readonly market: string;
  readonly status: string;
  readonly bookState: string;
  readonly bookAgeMs: number | null;
  readonly bestBid: string | null;
  readonly bestAsk: string | null;
  readonly oraclePrice: string | null;
  readonly trades: number;
  /** What takers bought and sold in the last minute. */
  readonly flow1m: { readonly bought: string; readonly sold: string; readonly trades: number };
}

export interface SignalState {
  readonly market: string;
  readonly name: string;
  readonly value: number;
  readonly ageMs: number;
  readonly samples: number;
  readonly warm: boolean;
}

export interface DecisionState {
  readonly type: 'enter' | 'quote' | 'hold';
  readonly strategy: string;
  readonly market: string;
  readonly side: string | null;
  readonly confidence: number | null;
  readonly reasons: readonly { readonly code: string; readonly text: string }[];
  readonly at: number;
}

/** What the mid did after each score, as counted since the start. */
export interface ScorecardState {
  readonly everySeconds: number;
  readonly looks: number;
  readonly marketsLeftOut: number;
  readonly subjects: readonly {
    readonly name: string;
    readonly kind: 'signal' | 'strategy';
    readonly rows: readonly {
      readonly from: number;
      readonly to: number;
      readonly afterSeconds: number;
      readonly looks: number;
      readonly moved: number;
      readonly hits: number;
      readonly hitRate: number | null;
      readonly meanReturnBps: number;
      readonly meanGainBps: number | null;
    }[];
  }[];
}

export interface OrderState {
  readonly orderId: string;
  readonly clientId: number;
  readonly market: string;
  readonly side: string;
  readonly size: string;
  readonly price: string;
  readonly filled: string;
  readonly reduceOnly: boolean;
  readonly purpose: string;
  readonly state: string;
  readonly reason: string | null;
  readonly goodTilBlock: number;
}

export interface PositionState {
  readonly market: string;
  readonly strategy: string | null;
  readonly state: string;
  readonly size: string;
  readonly averageEntry: string | null;
  readonly realizedPnlUsd: string;
  readonly unrealizedPnlUsd: string | null;
  readonly feesUsd: string;
}

/** What a position is valued with and asks for; null: not known. */
interface ValuedState {
  readonly oraclePrice: string | null;
  readonly notionalUsd: string | null;
  /** Scaled by open interest. */
  readonly initialMarginUsd: string | null;
  readonly maintenanceMarginUsd: string | null;
  /** Oracle price at which the account is liquidated, all others as they are; null: none. */
  readonly liquidationPrice: string | null;
}

/** One market of the account, whoever's it is. */
export interface AccountPositionState extends ValuedState {
  readonly market: string;
  readonly size: string;
  readonly averageEntry: string | null;
  readonly realizedPnlUsd: string;
  readonly unrealizedPnlUsd: string | null;
  readonly feesUsd: string;
  /** > 0: received. */
  readonly fundingUsd: string;
}

/** The account's money by our own books; null: not known. */
export interface AccountState {
  readonly subaccount: number;
  readonly usdc: string | null;
  readonly equityUsd: string | null;
  readonly initialMarginUsd: string | null;
  readonly maintenanceMarginUsd: string | null;
  readonly freeCollateralUsd: string | null;
  /** Realised, unrealised and funding, fees taken off, since the journal began. */
  readonly pnlUsd: string | null;
  /** The same since midnight UTC, or since an operator cleared a daily loss. */
  readonly dayPnlUsd: string | null;
  readonly realizedPnlUsd: string;
  readonly unrealizedPnlUsd: string | null;
  readonly feesUsd: string;
  readonly fundingUsd: string;
  /** Paid in less taken out. */
  readonly transfersUsd: string;
  /** What operators have accepted without an explanation. */
  readonly adjustmentsUsd: string;
  readonly positions: readonly AccountPositionState[];
  /** The venue's word that was compared last. */
  readonly venue: {
    readonly height: number;
    readonly usdc: string;
    readonly equityUsd: string;
    readonly freeCollateralUsd: string;
    readonly agrees: boolean;
    readonly differences: readonly {
      readonly figure: string;
      readonly oursUsd: string;
      readonly venueUsd: string;
      readonly toleranceUsd: string;
    }[];
  } | null;
}

/** Our figures of what the venue has told, beside its own; null: not to be valued. */
interface FamilySums {
  readonly usdc: string | null;
  readonly equityUsd: string | null;
  readonly initialMarginUsd: string | null;
  readonly maintenanceMarginUsd: string | null;
  readonly freeCollateralUsd: string | null;
  readonly venue: {
    readonly equityUsd: string;
    readonly freeCollateralUsd: string;
    /** Null: not to be said. */
    readonly agrees: boolean | null;
    /** Free collateral as the venue counts it: no margin scaled by open interest or asked for. */
    readonly compared: readonly {
      readonly figure: string;
      readonly oursUsd: string;
      readonly venueUsd: string;
      /** Ours less the venue's. */
      readonly differenceUsd: string;
      readonly toleranceUsd: string;
    }[];
  };
}

/** The parent and children of the traded subaccount, as of a slow poll. */
export interface FamilyState {
  readonly parent: number;
  readonly traded: number;
  /** Null: not read yet, or none of them was ever funded. */
  readonly readAt: number | null;
  readonly ageMs: number | null;
  /** Why the last read failed, if it did. */
  readonly failure: string | null;
  /** Markets of the settings that cannot be traded here, and where they can. */
  readonly advice: string | null;
  /** Equities add up; margins never net. */
  readonly totals: FamilySums | null;
  readonly subaccounts: readonly (FamilySums & {
    readonly subaccount: number;
    readonly height: number;
    readonly positions: readonly (ValuedState & {
      readonly market: string;
      readonly isolated: boolean;
      readonly size: string;
    })[];
  })[];
}

/** For how long live orders may still fill; null: no end, or not known. */
interface LastingState {
  readonly lastBlock: number | null;
  readonly blocks: number | null;
  readonly seconds: number | null;
}

/** The worst exposure if this process dies now: nobody cancels, everything live fills. */
export interface IfDeadState extends LastingState {
  readonly orders: number;
  readonly heldUsd: string | null;
  readonly worstUsd: string | null;
  readonly markets: readonly (LastingState & {
    readonly market: string;
    readonly orders: number;
    readonly position: string;
    /** With all buys filled and no sell. */
    readonly longest: string;
    /** With all sells filled and no buy. */
    readonly shortest: string;
    readonly heldUsd: string | null;
    readonly worstUsd: string | null;
  })[];
}

export interface RiskState {
  readonly level: string;
  readonly breaches: readonly {
    readonly cause: string;
    readonly severity: string;
    readonly latched: boolean;
    readonly evidence: string;
    readonly at: number;
  }[];
  /** Null while something has no oracle price. */
  readonly exposureUsd: string | null;
  readonly ifDead: IfDeadState;
  readonly limits: Readonly<Record<string, number>>;
  /** The chain's limits, how far they are used; `limit` is null while unknown. */
  readonly venueLimits: readonly {
    readonly what: string;
    readonly used: number;
    readonly limit: number | null;
    readonly blocks: number;
  }[];
  /** Newest denials of our own orders, newest last. */
  readonly denials: readonly {
    readonly at: number;
    readonly code: string;
    readonly message: string;
  }[];
}

export interface Control {
  state(): ServiceState;
  markets(): readonly MarketState[];
  signals(): readonly SignalState[];
  /** Newest verdict of each strategy and market. */
  decisions(): readonly DecisionState[];
  scorecard(): ScorecardState;
  orders(): readonly OrderState[];
  positions(): readonly PositionState[];
  account(): AccountState;
  family(): FamilyState;
  risk(): RiskState;
  isReady(): { readonly ready: boolean; readonly reasons: readonly string[] };
  /** Queued at the inbox like everything else; emits once, when it has been run. */
  command(command: Command): Observable<CommandOutcome>;
}
