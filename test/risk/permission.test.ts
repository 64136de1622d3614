/** Permission to trade: one table, one reason per row. */
import { describe, expect, it } from 'vitest';
import { blockHeight } from '../../src/model/quantities.js';
import { decidePermission, type PermissionInputs } from '../../src/risk/permission.js';
import { NOW } from '../support/money-samples.js';

const heights = { chain: blockHeight(100), indexer: blockHeight(97), ageMs: 5000 };
const fine: PermissionInputs = {
  now: NOW,
  serviceTrading: true,
  reconciled: true,
  riskLevel: 'active',
  accountLive: true,
  journalHealthy: true,
  bookState: 'live',
  heights,
  decisionAgeMs: 1000,
  decisionAgeMsMax: 1000,
};

describe('permission', () => {
  it('is granted for 250 ms when everything is as it must be', () => {
    expect(decidePermission(fine)).toEqual({ granted: true, expiresAt: NOW + 250 });
  });

  it.each<readonly [Partial<PermissionInputs>, string]>([
    [{ serviceTrading: false }, 'the service is not trading'],
    [{ reconciled: false }, 'the account is not reconciled'],
    [{ riskLevel: 'reducing' }, 'risk is reducing'],
    [{ riskLevel: 'halted' }, 'risk is halted'],
    [{ accountLive: false }, 'the account stream is not live'],
    [{ journalHealthy: false }, 'the journal cannot be written'],
    [{ bookState: 'empty' }, 'the book is empty'],
    [{ heights: { ...heights, chain: undefined } }, 'the chain height is unknown'],
    [{ heights: { ...heights, indexer: undefined } }, 'the indexer height is unknown'],
    [
      { heights: { ...heights, indexer: blockHeight(96) } },
      'the indexer is 4 blocks behind, expected at most 3',
    ],
    [
      { heights: { ...heights, ageMs: 5001 } },
      'the chain’s height is 5001 ms old, expected at most 5000',
    ],
    [
      { heights: { ...heights, ageMs: Number.NaN } },
      'the chain’s height is NaN ms old, expected at most 5000',
    ],
    [{ decisionAgeMs: 1001 }, 'the decision is 1001 ms old, expected at most 1000'],
    [{ decisionAgeMs: Number.NaN }, 'the decision is NaN ms old, expected at most 1000'],
  ])('is refused with %j: %s', (change, reason) => {
    expect(decidePermission({ ...fine, ...change })).toEqual({ granted: false, reasons: [reason] });
  });

  it('names every reason at once', () => {
    const permission = decidePermission({ ...fine, reconciled: false, accountLive: false });
    expect(permission).toHaveProperty('reasons.length', 2);
  });
});
