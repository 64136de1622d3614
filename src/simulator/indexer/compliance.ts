/**
 * Whom the indexer serves: addresses have a compliance status, and a client may come from a
 * restricted country. What concerns an account is refused to the blocked; the chain asks nobody.
 */

export type ComplianceStatus =
  | 'COMPLIANT'
  | 'FIRST_STRIKE'
  | 'FIRST_STRIKE_CLOSE_ONLY'
  | 'CLOSE_ONLY'
  | 'BLOCKED';

export interface ComplianceEntry {
  readonly status: ComplianceStatus;
  readonly reason: string | undefined;
  readonly updatedAtMs: number;
}

export interface ComplianceRefusal {
  readonly code: 'COMPLIANCE_BLOCKED' | 'GEOBLOCKED';
  readonly msg: string;
}

export const BLOCKED_TEXT =
  'Because this address appears to be a resident of, or trading from, a jurisdiction that ' +
  'violates our terms of use, or has engaged in activity that violates our terms of use, this ' +
  'address has been blocked.';
export const GEOBLOCKED_TEXT =
  'Because you appear to be a resident of, or trading from, a jurisdiction that violates our ' +
  'terms of use, or have engaged in activity that violates our terms of use, you have been ' +
  'blocked. You may withdraw your funds from the protocol at any time.';
const REASON = 'COMPLIANCE_PROVIDER';
/** Addresses with a status, and addresses that were screened; the oldest go first. */
const ADDRESSES_MAX = 10_000;
/** A screening older than this is made again. */
const SCREENING_MS = 86_400_000;

export class Compliance {
  readonly #entries = new Map<string, ComplianceEntry>();
  readonly #screenedAtMs = new Map<string, number>();
  readonly #now: () => number;
  /** All clients seem to sit in a restricted country. */
  isRestricted = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  set(address: string, status: ComplianceStatus): void {
    const reason = status === 'COMPLIANT' ? undefined : REASON;
    this.#entries.delete(address);
    this.#entries.set(address, { status, reason, updatedAtMs: this.#now() });
    forgetOldest(this.#entries);
  }

  entryOf(address: string): ComplianceEntry | undefined {
    return this.#entries.get(address);
  }

  isBlocked(address: string): boolean {
    return this.#entries.get(address)?.status === 'BLOCKED';
  }

  /** Whoever may only close gets in from everywhere, to wind down. */
  refusal(address: string | undefined, isRestricted = false): ComplianceRefusal | undefined {
    const status = address === undefined ? undefined : this.#entries.get(address)?.status;
    if (status === 'BLOCKED') return { code: 'COMPLIANCE_BLOCKED', msg: BLOCKED_TEXT };
    if (status === 'CLOSE_ONLY' || status === 'FIRST_STRIKE_CLOSE_ONLY') return undefined;
    if (!isRestricted && !this.isRestricted) return undefined;
    return { code: 'GEOBLOCKED', msg: GEOBLOCKED_TEXT };
  }

  /** The provider has to be asked; `screened` says that it was. */
  needsScreening(address: string): boolean {
    if (this.isBlocked(address)) return false;
    return (this.#screenedAtMs.get(address) ?? -Infinity) < this.#now() - SCREENING_MS;
  }

  screened(address: string): void {
    this.#screenedAtMs.set(address, this.#now());
    forgetOldest(this.#screenedAtMs);
  }
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= ADDRESSES_MAX) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
