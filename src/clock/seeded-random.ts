/** Chance from a seed: sfc32, with named forks whose streams do not shift each other. */
import type { Random } from '../ports/random.js';

export function seededRandom(seed: number | string): Random {
  return new SmallFastCounter(hashText(`perpetua/${seed}`));
}

/** Four well-mixed 32-bit words of any text (cyrb128). */
function hashText(text: string): readonly [number, number, number, number] {
  let a = 1_779_033_703;
  let b = 3_144_134_277;
  let c = 1_013_904_242;
  let d = 2_773_480_762;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ code, 597_399_067);
    b = c ^ Math.imul(b ^ code, 2_869_860_233);
    c = d ^ Math.imul(c ^ code, 951_274_213);
    d = a ^ Math.imul(d ^ code, 2_716_044_179);
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

class SmallFastCounter implements Random {
  readonly #origin: string;
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor([a, b, c, d]: readonly [number, number, number, number]) {
    this.#origin = `${a}.${b}.${c}.${d}`;
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = d;
    for (let round = 0; round < 15; round += 1) this.next();
  }

  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return (sum >>> 0) / 4_294_967_296;
  }

  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  fork(name: string): Random {
    return new SmallFastCounter(hashText(`${this.#origin}/${name}`));
  }
}
