/** REST beside trading: compliance screens, and the rewards and vaults that this exchange lacks. */
import { BLOCKED_TEXT } from './compliance.js';
import { found, refused } from './rest-errors.js';
import type { Ask, RestQuestion } from './rest-question.js';
import { isoText } from './wire-units.js';

const PERIODS = ['DAILY', 'WEEKLY', 'MONTHLY'];
const BUSY = refused(429, 'Too many requests');

/** The provider knows what the host was told; asking it about a new address costs. */
function isScreened({ compliance, mayScreen }: RestQuestion, address: string): boolean {
  if (!compliance.needsScreening(address)) return true;
  if (!mayScreen()) return false;
  compliance.screened(address);
  return true;
}

export const askScreen: Ask = (question) => {
  const address = question.read.text('address', 'query');
  return () => {
    if (!isScreened(question, address)) return BUSY;
    return question.compliance.isBlocked(address)
      ? found({ restricted: true, reason: BLOCKED_TEXT })
      : found({ restricted: false });
  };
};

export const askComplianceScreen: Ask = (question) => {
  const address = question.read.pathAddress();
  return () => {
    if (!isScreened(question, address)) return BUSY;
    const entry = question.compliance.entryOf(address);
    if (entry === undefined) return found({ status: 'COMPLIANT' });
    const { status, reason, updatedAtMs } = entry;
    return found({ status, reason, updatedAt: isoText(updatedAtMs) });
  };
};

export const askBlockRewards: Ask = ({ read }) => {
  readRewards(read);
  return () => found({ rewards: [] });
};

export const askRewardAggregations: Ask = ({ read }) => {
  readRewards(read);
  const words = PERIODS.join(',');
  const msg = `period must be a valid Trading Reward Aggregation Period, one of ${words}`;
  read.requiredChoice('period', PERIODS, msg);
  return () => found({ rewards: [] });
};

function readRewards(read: RestQuestion['read']): void {
  read.pathAddress();
  read.limit();
  read.time('startingBeforeOrAt');
  read.wholeNumber('startingBeforeOrAtHeight');
}

/** There are no vaults. */
export const askNoVaults =
  (field: 'megavaultPnl' | 'vaultsPnl' | 'positions'): Ask =>
  () =>
  () =>
    found({ [field]: [] });
