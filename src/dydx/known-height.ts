/**
 * The height of the chain as the signing thread knows it, and which node it asks for it.
 *
 * 1. It is the largest that a node has told, of the time when it was told first: a node that stands
 *    still makes it no newer, however often it answers.
 * 2. A node that fails is left at once, and one with which the height stands still for some polls
 *    too; from then on each poll asks another, until one tells more.
 */

/** Polled every 2 s, another node is asked before the height is older than the limits allow for. */
const STILL_POLLS_MAX = 3;

export interface HeightSource {
  readonly nodes: number;
  /** What a node tells; rejects when it does not answer. */
  readonly read: (node: number) => Promise<number>;
  readonly now: () => number;
}

export class KnownHeight {
  readonly #source: HeightSource;
  readonly #reading = new Map<number, Promise<void>>();
  #node = 0;
  #height = Number.NaN;
  #heightAt = Number.NaN;
  /** Polls in a row after which the height was what it had been. */
  #stillPolls = 0;

  constructor(source: HeightSource) {
    this.#source = source;
  }

  /** Whom to ask for anything new: it answered last, or is the next to be tried. */
  get node(): number {
    return this.#node;
  }

  /** NaN before the first. */
  get height(): number {
    return this.#height;
  }

  get heightAt(): number {
    return this.#heightAt;
  }

  /** A node that has answered anything is asked next, but not while the height stands still. */
  turnTo(node: number): void {
    if (this.#stillPolls < STILL_POLLS_MAX) this.#node = node;
  }

  /** Once every while. Never rejects. */
  async poll(): Promise<void> {
    const node = this.#node;
    const before = this.#height;
    const hasFailed = await this.ask(node).then(
      () => false,
      () => true,
    );
    this.#stillPolls = this.#height === before ? this.#stillPolls + 1 : 0;
    if (hasFailed || this.#stillPolls >= STILL_POLLS_MAX) this.#leave(node);
  }

  /** Asked once for all who want to know at the same time. A node that tells more is turned to. */
  ask(node: number): Promise<void> {
    const under = this.#reading.get(node);
    if (under !== undefined) return under;
    const reading = this.#source
      .read(node)
      .then((told) => this.#learn(node, told))
      .finally(() => this.#reading.delete(node));
    this.#reading.set(node, reading);
    return reading;
  }

  #learn(node: number, told: number): void {
    if (!Number.isSafeInteger(told)) throw new Error('a node told no height');
    if (told <= this.#height) return;
    this.#height = told;
    this.#heightAt = this.#source.now();
    this.#node = node;
  }

  /** Somebody else may have turned to another meanwhile. */
  #leave(node: number): void {
    if (this.#node === node) this.#node = (node + 1) % this.#source.nodes;
  }
}
