/** The one predicate that lets risk-increasing orders leave, asked in the turn of the send. */
import type { BookState } from '../model/book.js';
import { unixMs, type BlockHeight, type UnixMs } from '../model/quantities.js';
import { PERMISSION_MS, type Permission, type RiskLevel } from '../model/risk.js';
import { CHAIN_AGE_MS_MAX, INDEXER_LAG_BLOCKS_MAX } from './breakers.js';

export interface PermissionInputs {
  readonly now: UnixMs;
  readonly serviceTrading: boolean;
  readonly reconciled: boolean;
  readonly riskLevel: RiskLevel;
  readonly accountLive: boolean;
  readonly journalHealthy: boolean;
  /** Of the market that is to be traded. */
  readonly bookState: BookState;
  readonly heights: Heights;
  readonly decisionAgeMs: number;
  readonly decisionAgeMsMax: number;
}

export interface Heights {
  readonly chain: BlockHeight | undefined;
  readonly indexer: BlockHeight | undefined;
  /** Since the chain's height last grew. */
  readonly ageMs: number;
}

/** Granted for `PERMISSION_MS`, or every reason why not. A number that is not one refuses. */
export function decidePermission(inputs: PermissionInputs): Permission {
  const reasons = [...stateReasons(inputs), ...heightReasons(inputs.heights)];
  const { decisionAgeMs, decisionAgeMsMax } = inputs;
  if (!(decisionAgeMs <= decisionAgeMsMax)) {
    reasons.push(`the decision is ${decisionAgeMs} ms old, expected at most ${decisionAgeMsMax}`);
  }
  return reasons.length > 0
    ? { granted: false, reasons }
    : { granted: true, expiresAt: unixMs(inputs.now + PERMISSION_MS) };
}

function stateReasons(inputs: PermissionInputs): string[] {
  const facts: readonly (readonly [boolean, string])[] = [
    [inputs.serviceTrading, 'the service is not trading'],
    [inputs.reconciled, 'the account is not reconciled'],
    [inputs.riskLevel === 'active', `risk is ${inputs.riskLevel}`],
    [inputs.accountLive, 'the account stream is not live'],
    [inputs.journalHealthy, 'the journal cannot be written'],
    [inputs.bookState === 'live', `the book is ${inputs.bookState}`],
  ];
  return facts.filter(([holds]) => !holds).map(([, words]) => words);
}

function heightReasons({ chain, indexer, ageMs }: Heights): string[] {
  if (chain === undefined) return ['the chain height is unknown'];
  if (indexer === undefined) return ['the indexer height is unknown'];
  const reasons: string[] = [];
  if (!(chain - indexer <= INDEXER_LAG_BLOCKS_MAX)) {
    const expected = `expected at most ${INDEXER_LAG_BLOCKS_MAX}`;
    reasons.push(`the indexer is ${chain - indexer} blocks behind, ${expected}`);
  }
  if (!(ageMs <= CHAIN_AGE_MS_MAX)) {
    reasons.push(`the chain’s height is ${ageMs} ms old, expected at most ${CHAIN_AGE_MS_MAX}`);
  }
  return reasons;
}
