/** A recording on a disk that fails: it ends, says so, and takes nobody down with it. */
import { Writable } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import type * as fileSystem from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { openRecording } from '../../src/journal/recording.store.js';
import { unixMs } from '../../src/model/quantities.js';
import type { Failure } from '../../src/model/result.js';

vi.mock('node:fs', async (importOriginal) => ({
  ...(await importOriginal<typeof fileSystem>()),
  createWriteStream: () =>
    new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) }),
}));

const path = join(tmpdir(), `recording-disk-${process.pid}.gz`);
afterEach(() => rmSync(path, { force: true }));

it('a recording whose disk fails says so once and rejects its close', async () => {
  const failures: Failure[] = [];
  const recording = openRecording(path, (failure) => failures.push(failure));
  const frame = { receivedAt: unixMs(1), data: Buffer.from('{}') };
  recording.write(frame);
  await vi.waitFor(() => expect(failures).toHaveLength(1));
  recording.write(frame);
  await expect(recording.close()).rejects.toThrow(`${path}: was not written`);
  expect(failures.map(({ code }) => code)).toEqual(['recording.ended']);
});
