/**
 * Circuit breakers: what was observed, folded into the causes for restricting trading. A condition
 * (a lag, a stale stream) breaches while it lasts; a fact (a drift, a loss) breaches once and stays
 * until an operator clears it, after which it is counted anew from there.
 */
import { formatUsd } from '../model/market.js';
import { usd, type BlockHeight, type UnixMs, type Usd } from '../model/quantities.js';
import type { Breach, LossMark, RiskCause } from '../model/risk.js';
import { usdLimit } from './usd-limit.js';

/** More blocks between chain and indexer than this: what we know of our fills is old. */
export const INDEXER_LAG_BLOCKS_MAX = 3;
/** A block comes about every 650 ms. */
export const CHAIN_AGE_MS_MAX = 5000;
/** So many rejects within a minute are a fault of ours. */
export const REJECTS_MAX = 5;
const REJECT_WINDOW_MS = 60_000;
const DAY_MS = 86_400_000;
const NO_DAY = -1;
const LOWEST_PNL = usd(-(10n ** 30n));

export interface BreakerLimits {
  /** Loss since the day's (UTC) first figure. */
  readonly maxDailyLossUsd: number;
  /** Loss since the best figure. */
  readonly maxDrawdownUsd: number;
}

export type Condition = 'account.stale' | 'market-data.stale' | 'compliance.close-only';
export type FaultCause = Exclude<
  RiskCause,
  | Condition
  | 'operator'
  | 'chain.slow'
  | 'indexer.lag'
  | 'position.drift'
  | 'loss.daily'
  | 'drawdown'
  | 'rejects.repeated'
>;

export type Observation = { readonly at: UnixMs } & (
  | { readonly type: 'tick' }
  | {
      readonly type: 'heights';
      readonly chain: BlockHeight | undefined;
      readonly indexer: BlockHeight | undefined;
    }
  | {
      readonly type: 'condition';
      readonly cause: Condition;
      readonly holds: boolean;
      readonly evidence: string;
    }
  /** Positions that differ after a reconciliation; empty: they agree. */
  | { readonly type: 'drift'; readonly evidence: string }
  /** Realised and unrealised, fees taken off, transfers left out. */
  | { readonly type: 'pnl'; readonly pnl: Usd }
  | { readonly type: 'reject'; readonly code: string }
  | { readonly type: 'fault'; readonly cause: FaultCause; readonly evidence: string }
  /** An operator has cleared a cause: it may trip again, counted from now. */
  | { readonly type: 'cleared'; readonly cause: RiskCause }
);

export type RiskEdge =
  | { readonly type: 'breach'; readonly breach: Breach }
  | { readonly type: 'clear'; readonly cause: RiskCause };

/** What the breakers remember: one figure per cause and at most `REJECTS_MAX` times of rejects. */
export interface BreakerState {
  readonly chain: BlockHeight | undefined;
  readonly indexer: BlockHeight | undefined;
  /** When the chain's height last grew; the first observation starts the count. */
  readonly chainGrewAt: UnixMs | undefined;
  readonly day: number | undefined;
  readonly dayOpenPnl: Usd;
  readonly peakPnl: Usd;
  readonly pnl: Usd | undefined;
  readonly rejects: readonly UnixMs[];
  /** Evidence of the differences that were told last. */
  readonly drift: string;
  readonly tripped: readonly RiskCause[];
}

export const IDLE_BREAKERS: BreakerState = {
  chain: undefined,
  indexer: undefined,
  chainGrewAt: undefined,
  day: undefined,
  dayOpenPnl: usd(0n),
  peakPnl: usd(0n),
  pnl: undefined,
  rejects: [],
  drift: '',
  tripped: [],
};

export interface BreakerTurn {
  readonly state: BreakerState;
  readonly edges: readonly RiskEdge[];
}

/** Breakers that go on counting losses where an earlier run has stopped. */
export const withMark = (state: BreakerState, mark: LossMark | undefined): BreakerState => ({
  ...state,
  ...mark,
});

/** What must be remembered beyond this run; undefined before the first figure. */
export const lossMarkOf = ({ day, dayOpenPnl, peakPnl }: BreakerState): LossMark | undefined =>
  day === undefined ? undefined : { day, dayOpenPnl, peakPnl };

/** The part of the limit by which the best figure may grow before it is remembered again. */
const PEAK_STEPS = 100n;

/**
 * A rising best figure is remembered by hundredths of the drawdown's limit: what a crash forgets of
 * it is less than that. Everything else is remembered at once.
 */
export function isNewMark(
  before: LossMark | undefined,
  now: LossMark,
  { maxDrawdownUsd }: BreakerLimits,
): boolean {
  if (before === undefined || before.day !== now.day) return true;
  if (before.dayOpenPnl !== now.dayOpenPnl || now.peakPnl < before.peakPnl) return true;
  const step = (usdLimit(maxDrawdownUsd) ?? 0n) / PEAK_STEPS;
  return now.peakPnl - before.peakPnl > step;
}

/** One observation: the next state, and the edges at which breaches begin or end. */
export function observe(
  state: BreakerState,
  observation: Observation,
  limits: BreakerLimits,
): BreakerTurn {
  const { at } = observation;
  switch (observation.type) {
    case 'tick':
      return checkHeights({ ...state, chainGrewAt: state.chainGrewAt ?? at }, at);
    case 'heights':
      return checkHeights(withHeights(state, observation), at);
    case 'condition':
      return turn(state, at, [{ ...observation, severity: 'reduce', latched: false }]);
    case 'drift':
      return checkDrift(state, observation.evidence, at);
    case 'pnl':
      return checkPnl(withPnl(state, observation.pnl, at), at, limits);
    case 'reject':
      return checkRejects(state, observation.code, at);
    case 'fault':
      return turn(state, at, [latch(observation.cause, true, observation.evidence)]);
    case 'cleared':
      return { state: rearm(state, observation.cause), edges: [] };
  }
}

interface Finding {
  readonly cause: RiskCause;
  readonly holds: boolean;
  readonly severity: Breach['severity'];
  readonly latched: boolean;
  readonly evidence: string;
}

/** Turns findings into edges: a cause that is tripped already says nothing twice. */
function turn(state: BreakerState, at: UnixMs, findings: readonly Finding[]): BreakerTurn {
  const tripped = new Set(state.tripped);
  const edges: RiskEdge[] = [];
  for (const { cause, holds, severity, latched, evidence } of findings) {
    if (holds && !tripped.has(cause)) {
      tripped.add(cause);
      edges.push({ type: 'breach', breach: { cause, severity, latched, evidence, at } });
    } else if (!holds && !latched && tripped.delete(cause)) {
      edges.push({ type: 'clear', cause });
    }
  }
  return { state: { ...state, tripped: [...tripped] }, edges };
}

const latch = (cause: RiskCause, holds: boolean, evidence: string): Finding => ({
  cause,
  holds,
  severity: 'halt',
  latched: true,
  evidence,
});

function withHeights(
  state: BreakerState,
  { at, chain, indexer }: Extract<Observation, { type: 'heights' }>,
): BreakerState {
  const grew = chain !== undefined && chain > (state.chain ?? -1);
  return {
    ...state,
    chain: chain ?? state.chain,
    indexer: indexer ?? state.indexer,
    chainGrewAt: grew ? at : (state.chainGrewAt ?? at),
  };
}

function checkHeights(state: BreakerState, at: UnixMs): BreakerTurn {
  const { chain, indexer, chainGrewAt } = state;
  const age = chainGrewAt === undefined ? 0 : at - chainGrewAt;
  const lag = chain === undefined || indexer === undefined ? 0 : chain - indexer;
  const limited = { severity: 'reduce', latched: false } as const;
  return turn(state, at, [
    {
      ...limited,
      cause: 'chain.slow',
      holds: age > CHAIN_AGE_MS_MAX,
      evidence: `no block for ${age} ms, expected one within ${CHAIN_AGE_MS_MAX}`,
    },
    {
      ...limited,
      cause: 'indexer.lag',
      holds: lag > INDEXER_LAG_BLOCKS_MAX,
      evidence: `the indexer is ${lag} blocks behind, expected at most ${INDEXER_LAG_BLOCKS_MAX}`,
    },
  ]);
}

/** A difference in one more market is told again: its evidence must not stay hidden. */
function checkDrift(state: BreakerState, drift: string, at: UnixMs): BreakerTurn {
  if (drift === '') return { state, edges: [] };
  const known = drift === state.drift ? state : rearm(state, 'position.drift');
  return turn({ ...known, drift }, at, [latch('position.drift', true, drift)]);
}

function withPnl(state: BreakerState, pnl: Usd, at: UnixMs): BreakerState {
  const day = Math.floor(at / DAY_MS);
  const isFirst = state.day === undefined;
  return {
    ...state,
    pnl,
    day,
    dayOpenPnl: day === state.day ? state.dayOpenPnl : pnl,
    peakPnl: isFirst || pnl > state.peakPnl ? pnl : state.peakPnl,
  };
}

function checkPnl(state: BreakerState, at: UnixMs, limits: BreakerLimits): BreakerTurn {
  const pnl = state.pnl ?? usd(0n);
  return turn(state, at, [
    lossFinding('loss.daily', usd(state.dayOpenPnl - pnl), limits.maxDailyLossUsd),
    lossFinding('drawdown', usd(state.peakPnl - pnl), limits.maxDrawdownUsd),
  ]);
}

/** A limit that is no number holds at once. */
function lossFinding(cause: RiskCause, loss: Usd, limitUsd: number): Finding {
  const limit = usdLimit(limitUsd);
  const words = `lost ${formatUsd(loss)} USD, expected less than ${limitUsd}`;
  return latch(cause, limit === undefined || loss > limit, words);
}

function checkRejects(state: BreakerState, code: string, at: UnixMs): BreakerTurn {
  const recent = state.rejects.filter((then) => at - then < REJECT_WINDOW_MS);
  const rejects = [...recent, at].slice(-REJECTS_MAX);
  const words = `${rejects.length} rejects within a minute, the last ${code}`;
  return turn({ ...state, rejects }, at, [
    latch('rejects.repeated', rejects.length >= REJECTS_MAX, words),
  ]);
}

function rearm(state: BreakerState, cause: RiskCause): BreakerState {
  const tripped = state.tripped.filter((other) => other !== cause);
  const { pnl } = state;
  // Without a figure of this run the next one is the first, whatever an earlier run has left.
  if (cause === 'loss.daily') {
    return pnl === undefined
      ? { ...state, tripped, day: NO_DAY }
      : { ...state, tripped, dayOpenPnl: pnl };
  }
  if (cause === 'drawdown') return { ...state, tripped, peakPnl: pnl ?? LOWEST_PNL };
  if (cause === 'rejects.repeated') return { ...state, tripped, rejects: [] };
  return { ...state, tripped };
}
