/**
 * Room on the disk that is given back when it is full, so that leaving positions and canceling
 * can still be journaled. It is made at every open and removed at the end.
 */
import { closeSync, existsSync, openSync, rmSync, statSync, writeSync } from 'node:fs';

const PIECE = Buffer.alloc(1 << 20, 0x5a);
const PRIVATE = 0o600;

export const reservePathOf = (journal: string): string => `${journal}-reserve`;

export class DiskReserve {
  readonly #path: string;

  /** Throws when there is no room for it. */
  constructor(journal: string, bytes: number) {
    this.#path = reservePathOf(journal);
    if (existsSync(this.#path) && statSync(this.#path).size === bytes) return;
    this.release();
    const file = openSync(this.#path, 'wx', PRIVATE);
    try {
      for (let written = 0; written < bytes; written += PIECE.length) {
        writeSync(file, PIECE, 0, Math.min(PIECE.length, bytes - written));
      }
    } catch (error) {
      this.release();
      throw error;
    } finally {
      closeSync(file);
    }
  }

  /** False when it was given back before. */
  release(): boolean {
    if (!existsSync(this.#path)) return false;
    rmSync(this.#path);
    return true;
  }
}
