/**
 * The plan in force and the chance behind it, counting what struck. Each fault draws from a stream
 * of its own, so that the draws of one never shift another's; a fault that is off draws nothing.
 */
import type { Random } from '../../ports/random.js';
import {
  NO_FAULTS,
  problemText,
  readFaultPlan,
  type FaultPlan,
  type FaultProblem,
  type MeanName,
  type ShareName,
} from './fault-plan.js';

export interface FaultDiceOptions {
  readonly random: Random;
  readonly plan?: FaultPlan | undefined;
  /** Whether the indexer has a copy of the exchange to lag behind with. */
  readonly canLag?: boolean;
}

export class FaultDice {
  readonly #random: Random;
  readonly #streams = new Map<string, Random>();
  readonly #struck = new Map<string, number>();
  readonly #watchers = new Set<() => void>();
  readonly #canLag: boolean;
  #plan: FaultPlan = NO_FAULTS;

  /** Throws a `RangeError` for a plan that cannot be kept. */
  constructor({ random, plan = NO_FAULTS, canLag = false }: FaultDiceOptions) {
    this.#random = random;
    this.#canLag = canLag;
    const problems = this.change(plan);
    if (problems.length > 0) throw new RangeError(problems.map(problemText).join('\n'));
  }

  get plan(): FaultPlan {
    return this.#plan;
  }

  /** How often each fault has struck, by name; those that never did are left out. */
  get struck(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#struck);
  }

  /** Changes on top of the plan in force, or of none. Returns all mistakes; with any, no change. */
  change(changes: unknown, base: FaultPlan = this.#plan): readonly FaultProblem[] {
    const reading = readFaultPlan(changes, base);
    if (!reading.ok) return reading.problems;
    const value = reading.plan['indexer.lagBlocks'];
    if (value > 0 && !this.#canLag) {
      const expected = '0: this indexer has no copy of the exchange to lag behind with';
      return [{ path: 'indexer.lagBlocks', value, expected }];
    }
    this.#plan = reading.plan;
    for (const watcher of this.#watchers) watcher();
    return [];
  }

  /** Called after each change of the plan. Returns the end of it. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  count(name: string): void {
    this.#struck.set(name, (this.#struck.get(name) ?? 0) + 1);
  }

  /** Whether the fault strikes this time; counted when it does. */
  strikes(name: ShareName): boolean {
    const share = this.#plan[name];
    if (share === 0 || this.stream(name).next() >= share) return false;
    this.count(name);
    return true;
  }

  /** Exponential milliseconds of that mean; 0 when it is off. */
  wait(name: MeanName): number {
    const mean = this.#plan[name];
    return mean === 0 ? 0 : this.stream(name).exponential(mean);
  }

  /** The fault's own chance. */
  stream(name: string): Random {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = this.#random.fork(name);
      this.#streams.set(name, stream);
    }
    return stream;
  }
}
