/** `run --record`: a run whose frames are kept: ended, killed, without a file, on a full disk. */
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type * as fileSystem from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { replayFile } from '../../src/app/replay.js';
import type { RunReport } from '../../src/app/run-report.js';
import { runService } from '../../src/app/run-service.js';
import { loadConfig } from '../../src/config/load-config.js';
import {
  endAll,
  perpetua,
  poll,
  PROGRAM,
  temporaryFolder,
  THREADS,
  type Run,
} from '../support/built-program.js';

/** A file of this name stands on a disk that is full from the start. */
const FULL = 'on-a-full-disk.ndjson.gz';

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof fileSystem>();
  const write: Writable['_write'] = (_chunk, _encoding, done) => done(new Error('no space left'));
  return {
    ...real,
    createWriteStream: (path: string, options: object) =>
      path.endsWith(FULL) ? new Writable({ write }) : real.createWriteStream(path, options),
  };
});

afterAll(endAll);

/** It trades soon. */
const SETTINGS = {
  embedded: { markets: 2, preset: 'trend' },
  strategies: [{ name: 'sniper', minConfidence: 0.05 }],
};

function settings(port = 0): string {
  const folder = temporaryFolder();
  const file = join(folder, 'perpetua.yaml');
  const text = { ...SETTINGS, admin: { port }, journal: { path: folder } };
  writeFileSync(file, JSON.stringify(text));
  return file;
}

const run = (record: string, port?: number): Run =>
  perpetua(['run', '--config', settings(port), '--json', '--record', record]);

describe('a recorded run', () => {
  it.each(['run.ndjson.gz', 'run.ndjson'])(
    'keeps all of its frames in %s, which replays without a warning',
    async (name) => {
      const path = join(temporaryFolder(), name);
      const service = run(path);
      await service.until(/"state":"trading"/);
      service.child.kill('SIGTERM');
      expect(await service.ended).toBe(0);
      const { frames } = JSON.parse(service.out()) as RunReport;
      const replayed = await replayFile(path);
      expect(replayed).not.toHaveProperty('warning');
      expect(frames.received).toBeGreaterThan(10);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const bytes = readFileSync(path);
      const isPacked = name.endsWith('.gz');
      expect(bytes.toString('latin1').startsWith('{"receivedAt":')).toBe(!isPacked);
      const text = (isPacked ? gunzipSync(bytes) : bytes).toString();
      // A replay has no account: frames of ours are kept, and counted as not applied.
      const ours = text.split('"channel":"v4_subaccounts"').length - 1;
      expect(ours).toBeGreaterThan(0);
      const { received, applied } = frames;
      expect(frames).toEqual({ received, applied, rejected: 0, quarantined: 0 });
      expect(replayed.frames).toEqual({ ...frames, applied: applied - ours, rejected: ours });
    },
    40_000,
  );

  it('that was killed keeps what was written, and its replay warns', async () => {
    const path = join(temporaryFolder(), 'killed.ndjson.gz');
    const service = run(path);
    await service.until(/"state":"trading"/);
    service.child.kill('SIGKILL');
    await service.ended;
    expect((await replayFile(path)).warning).toContain(`${path}: ends `);
  }, 30_000);

  it('over a file that is there is refused with 64, and nothing is overwritten', async () => {
    const path = join(temporaryFolder(), 'mine');
    writeFileSync(path, 'mine');
    const service = run(path);
    expect(await service.ended).toBe(64);
    expect(service.err()).toContain('expected a file that is not there yet');
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('that cannot make its file says why and ends with 1', async () => {
    const path = join(temporaryFolder(), 'no-folder', 'run.ndjson.gz');
    const service = run(path);
    expect(await service.ended).toBe(1);
    expect(service.err()).toContain(`perpetua: cannot create ${path}: ENOENT`);
  });

  it('that ends before its first frame leaves no file, so that its name is free', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const path = join(temporaryFolder(), 'never-begun.ndjson.gz');
    const service = run(path, (taken.address() as AddressInfo).port);
    expect(await service.ended).toBe(1);
    taken.close();
    expect(service.err()).toContain('is taken, perhaps by a service');
    expect(existsSync(path)).toBe(false);
  });
});

it('a run whose recording finds the disk full says so once, trades on and ends well', async () => {
  const text = { out: '', log: '' };
  const ended = runService(loadConfig({ file: settings(), environment: {} }), {
    forMs: undefined,
    json: true,
    program: PROGRAM,
    threads: THREADS,
    record: join(temporaryFolder(), FULL),
    logTo: { write: (line: string) => void (text.log += line) },
    terminal: { out: (line) => void (text.out += line), err: () => undefined },
  });
  const trades = /"msg":"recording\.ended"[^]*"msg":"order\.sent"/;
  await poll('an order afterwards', () => (trades.test(text.log) ? true : undefined), 40_000);
  process.emit('SIGTERM');
  expect(await ended).toBe(0);
  expect(text.log.match(/"msg":"recording\.ended"/g)).toHaveLength(1);
  expect(text.log).toMatch(/"level":50.*"cause":"no space left".*"msg":"recording\.ended"/);
  expect(JSON.parse(text.out)).toMatchObject({ state: 'stopped', venue: { agrees: true } });
}, 60_000);
