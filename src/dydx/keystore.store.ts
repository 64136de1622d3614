/** Keystores on the disk: whole or not at all, for the owner alone, never over another file. */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync } from 'node:fs';
import { writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, ok, type Result } from '../model/result.js';
import { readKeystore, type Keystore } from './keystore-form.js';

const OWNER_ONLY = 0o600;

/** A name of its own is written first, and then linked: that fails if the other name is taken. */
export function writeKeystore(path: string, keystore: Keystore): Result<undefined> {
  const written = `${path}.${keystore.address}.part`;
  try {
    writeDurably(written, `${JSON.stringify(keystore, null, 2)}\n`);
    try {
      linkSync(written, path);
    } finally {
      unlinkSync(written);
    }
    syncFolder(dirname(path));
    return ok(undefined);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'EEXIST'
      ? fail('keystore.exists', `${path} exists already: expected a name that is free`)
      : fail('keystore.disk', message);
  }
}

export function readKeystoreFile(path: string): Result<Keystore> {
  try {
    return readKeystore(readFileSync(path, 'utf8'));
  } catch (error) {
    return fail('keystore.disk', (error as Error).message);
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', OWNER_ONLY);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
