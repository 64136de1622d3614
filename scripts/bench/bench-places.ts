/** Where things are, for code that runs from the sources as well as from `dist/`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'package-lock.json')) && existsSync(join(folder, 'machines'))) {
    return existsSync(join(folder, 'ARCHITECTURE.md')) ? folder : rootAbove(dirname(folder));
  }
  return rootAbove(dirname(folder));
}

export const ROOT = rootAbove(import.meta.dirname);
/** The package with other people's libraries. */
export const BENCH = join(ROOT, 'scripts/bench');
/** A file beside this one, in the same form as this one. */
export const beside = (name: string): string =>
  join(import.meta.dirname, `${name}${import.meta.filename.endsWith('.ts') ? '.ts' : '.js'}`);
