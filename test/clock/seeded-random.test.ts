/** Chance from a seed: repeatable, well spread, and forks that do not disturb each other. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock/seeded-random.js';

const draw = (count: number, next: () => number): number[] => Array.from({ length: count }, next);
const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

describe('seeded random', () => {
  it('repeats itself for the same seed and differs for another', () => {
    const once = draw(100, bind(7));
    expect(draw(100, bind(7))).toEqual(once);
    expect(draw(100, bind(8))).not.toEqual(once);
  });

  it('gives a fork the same stream however much its parent has drawn', () => {
    const fresh = seededRandom(1);
    const used = seededRandom(1);
    draw(50, () => used.next());
    expect(draw(20, bindFork(used))).toEqual(draw(20, bindFork(fresh)));
    expect(draw(20, () => fresh.fork('a').next())).not.toEqual(
      draw(20, () => fresh.fork('b').next()),
    );
  });

  it('is uniform, normal and exponential where it says so', () => {
    const random = seededRandom('spread');
    const uniform = draw(20_000, () => random.next());
    expect(mean(uniform)).toBeCloseTo(0.5, 1);
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
    const normal = draw(20_000, () => random.normal());
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
    expect(mean(draw(20_000, () => random.exponential(5)))).toBeCloseTo(5, 0);
    expect(new Set(draw(1000, () => random.integer(6)))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });
});

function bind(seed: number): () => number {
  const random = seededRandom(seed);
  return () => random.next();
}

function bindFork(random: ReturnType<typeof seededRandom>): () => number {
  const fork = random.fork('x');
  return () => fork.next();
}
