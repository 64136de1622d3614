/** What the commands print to, and the codes with which they end. */
import type { Prompt } from './hidden-prompt.js';

/** As in sysexits.h: 1 a broken world, 64 the command line, 70 a bug of ours, 78 the settings. */
export const EXIT = { ok: 0, failed: 1, usage: 64, software: 70, config: 78 } as const;

/** Passed in, so that tests can look. */
export interface Terminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Somebody who can be asked; undefined when nobody sits there. */
  readonly prompt?: Prompt | undefined;
}
