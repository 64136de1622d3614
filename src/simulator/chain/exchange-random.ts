/**
 * Chance of the simulated exchange: sfc32 from a seed, with named forks that do not shift each
 * other.
 */
import type { Random } from '../../ports/random.js';

const WARM_UP_ROUNDS = 15;

export const exchangeRandom = (seed: number): Random => stream(`exchange/${seed}`);

function stream(name: string): Random {
  let [a, b, c, counter] = scramble(name);
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) next();
  return {
    next,
    integer: (bound) => Math.floor(next() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    exponential: (mean) => -mean * Math.log(1 - next()),
    fork: (child) => stream(`${name}/${child}`),
  };
}

/** Four words from a text: FNV-1a with four different bases, then the finalizer of MurmurHash3. */
function scramble(text: string): [number, number, number, number] {
  const word = (basis: number): number => {
    let hash = basis;
    for (let index = 0; index < text.length; index += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    return hash ^ (hash >>> 16);
  };
  return [word(0x811c_9dc5), word(0x9e37_79b9), word(0x7f4a_7c15), word(0x2545_f491)];
}
