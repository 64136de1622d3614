/**
 * After a subaccount with negative equity was seen, nobody of its collateral pool may take money
 * out for some blocks: what the others have might be needed to make up for it.
 */
const SHUT_BLOCKS = 50;

export class WithdrawalGate {
  /** The height of the last such sight by pool. */
  readonly #seen = new Map<number, number>();

  shut(pool: number, height: number): void {
    this.#seen.set(pool, height);
  }

  isShut(pool: number, height: number): boolean {
    const seen = this.#seen.get(pool);
    return seen !== undefined && height - seen < SHUT_BLOCKS;
  }
}
