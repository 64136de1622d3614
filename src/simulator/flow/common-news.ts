/**
 * What moves all markets at once: a shared part of the noise, and from time to time news that
 * reaches most of them, so that their waves come together.
 */
import type { Random } from '../../ports/random.js';
import type { FlowPreset } from './flow-presets.js';

export class CommonNews {
  readonly #preset: FlowPreset;
  readonly #random: Random;
  #quietLeft: number;
  /** A standard Brownian path: an increment's variance is the seconds it took. */
  path = 0;
  /** How often there was news. */
  count = 0;
  direction: 1 | -1 = 1;

  constructor(preset: FlowPreset, random: Random) {
    this.#preset = preset;
    this.#random = random;
    this.#quietLeft = random.exponential(preset.commonSeconds);
  }

  advance(seconds: number): void {
    this.path += Math.sqrt(seconds) * this.#random.normal();
    this.#quietLeft -= seconds;
    if (this.#quietLeft > 0) return;
    this.#quietLeft = this.#random.exponential(this.#preset.commonSeconds);
    this.count += 1;
    this.direction = this.#random.next() < this.#preset.upward ? 1 : -1;
  }
}
