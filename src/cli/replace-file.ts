/** A file in the place of another: whole, or the old one stays as it was. */
import { randomUUID } from 'node:crypto';
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

const MODE = 0o666;
const PERMISSIONS = 0o777;

/** Writes a name of its own in the same folder first. A device or a pipe takes the text itself. */
export function replaceFile(path: string, text: string): void {
  const old = statSync(path, { throwIfNoEntry: false });
  if (old !== undefined && !old.isFile()) {
    writeFileSync(path, text);
    return;
  }
  const target = old === undefined ? path : realpathSync(path);
  const written = `${target}.${randomUUID()}.part`;
  const mode = old === undefined ? MODE : old.mode & PERMISSIONS;
  try {
    writeFileSync(written, text, { flag: 'wx', mode, flush: true });
    renameSync(written, target);
  } catch (error) {
    rmSync(written, { force: true });
    throw error;
  }
}
