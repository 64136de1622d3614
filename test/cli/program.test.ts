/** The command line from its words to its exit code, in process. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { duration, runProgram } from '../../src/cli/program.js';
import { EXIT } from '../../src/cli/terminal.js';
import { temporaryFolder } from '../support/built-program.js';

const runService = vi.hoisted(() => vi.fn<(...given: unknown[]) => Promise<number>>());
vi.mock('../../src/app/run-service.js', () => ({ runService }));

const folder = temporaryFolder();

async function perpetua(...args: string[]) {
  const text = { out: '', err: '' };
  const code = await runProgram(args, {
    out: (line) => (text.out += `${line}\n`),
    err: (line) => (text.err += `${line}\n`),
  });
  return { code, ...text };
}

const write = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** A file that somebody has already. */
const taken = write('taken.ndjson.gz', 'mine');

beforeEach(() => {
  runService.mockReset();
  runService.mockResolvedValue(EXIT.ok);
});

describe('a wrong word on the command line', () => {
  it.each([
    ['no command', [], 'Usage: perpetua'],
    ['an unknown command', ['trade'], "unknown command 'trade'"],
    ['an unknown flag', ['run', '--fast'], "unknown option '--fast'"],
    ['a network that is none', ['run', '--network', 'minenet'], 'embedded, testnet, mainnet'],
    ['a mode that is none', ['run', '--mode', 'dry'], 'live, paper, shadow'],
    ['a seed below zero', ['run', '--seed=-1'], 'a whole number from 0'],
    ['a time without digits', ['run', '--for', 'soon'], 'a duration like 60s'],
    ['a time that no timer can wait', ['run', '--for', '25000h'], 'at most 24 days'],
    ['a flag without its value', ['run', '--config'], 'argument missing'],
    ['a recording over a file', ['run', '--record', taken], `'${taken}' is invalid`],
    ['no markets', ['devnet', '--markets', '0'], 'a whole number from 1 to 250'],
    ['too many markets', ['devnet', '--markets', '251'], 'a whole number from 1 to 250'],
    ['a port that is none', ['devnet', '--port', '65536'], 'a whole number from 0 to 65535'],
    ['a preset that is none', ['devnet', '--preset', 'wild'], 'calm, busy, storm, trend, crash'],
    ['a recording not named', ['replay'], "missing required argument 'recording'"],
    ['one recording too many', ['replay', 'a', 'b'], 'too many arguments'],
    ['nothing to do with settings', ['config'], 'Usage: perpetua config'],
    ['an unknown use of settings', ['config', 'fix'], "unknown command 'fix'"],
  ])('(%s) is explained and ends with 64', async (_, args, words) => {
    const { code, err, out } = await perpetua(...args);
    expect({ code, out }).toEqual({ code: EXIT.usage, out: '' });
    expect(err).toContain(words);
    expect(runService).not.toHaveBeenCalled();
  });

  it.each([['--help'], ['help'], ['run --help'], ['devnet --help'], ['config check --help']])(
    'is not %s, which explains and ends with 0',
    async (words) => {
      const { code, out } = await perpetua(...words.split(' '));
      expect(code).toBe(EXIT.ok);
      expect(out).toContain('Usage: perpetua');
    },
  );
});

describe('a duration', () => {
  it.each([
    ['90', 90_000],
    ['1.5s', 1_500],
    ['500ms', 500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['0', 0],
  ])('of %s has %i milliseconds', (text, ms) => {
    expect(duration(text)).toBe(ms);
  });

  it.each(['', '1d', '-5s', '5 s', '1e3', 's', 'Infinity'])('cannot be "%s"', (text) => {
    expect(() => duration(text)).toThrow('expected a duration');
  });
});

describe('run', () => {
  it('hands settings and flags to the service, and its exit code back', async () => {
    runService.mockResolvedValue(EXIT.failed);
    const file = write('run.yaml', 'seed: 4\nmarkets: [ETH-USD]\n');
    const words = `run --config ${file} --mode paper --seed 9 --for 5s --json --record new.gz`;
    const { code } = await perpetua(...words.split(' '));
    expect(code).toBe(EXIT.failed);
    const [config, options] = runService.mock.calls[0] ?? [];
    expect(config).toMatchObject({ seed: 9, mode: 'paper', markets: ['ETH-USD'] });
    expect(options).toMatchObject({ forMs: 5_000, json: true, record: 'new.gz' });
  });

  it('with wrong settings names all of them and ends with 78', async () => {
    const file = write('bad.yaml', 'unknwon: 3\nrisk:\n  maxExposureUsd: -5\n');
    const { code, err } = await perpetua('run', '--config', file);
    expect(code).toBe(EXIT.config);
    expect(err).toContain('bad.yaml:1:10: unknwon: unknown key');
    expect(err).toContain('bad.yaml:3:19: risk.maxExposureUsd: expected a number > 0, was -5');
    expect(runService).not.toHaveBeenCalled();
  });

  it.each([
    ['a bug of ours', new TypeError('x is undefined'), EXIT.software, 'x is undefined'],
    ['what is not even an error', 'odd', EXIT.software, 'odd'],
    [
      'the operating system',
      Object.assign(new Error('listen EADDRINUSE'), { syscall: 'listen' }),
      EXIT.failed,
      'listen EADDRINUSE',
    ],
  ])('that dies of %s says so', async (_, error, code, words) => {
    runService.mockRejectedValue(error);
    expect(await perpetua('run')).toEqual({ code, out: '', err: `perpetua: ${words}\n` });
  });
});

describe('config check', () => {
  it('names the strategy, the key and the addresses that a run would refuse, all at once', async () => {
    const file = join(folder, 'refused.yaml');
    const lines = [
      'network: testnet',
      'mode: live',
      'account: { keyFile: ./no-key.json }',
      'endpoints:',
      '  rpcUrl: http://127.0.0.1:1',
      '  rpcUrls: ["http://127.0.0.1:1"]',
      'strategies: [{ file: ./none.ts }]',
    ];
    writeFileSync(file, lines.join('\n'));
    const { code, err } = await perpetua('config', 'check', '--config', file);
    expect(code).toBe(78);
    expect(err).toMatch(/none\.ts: strategy: cannot be read/);
    expect(err).toMatch(/settings: account\.keyFile: ENOENT/);
    expect(err).toMatch(/settings: endpoints\.rpcUrl: expected it or rpcUrls/);
  });

  it('leaves a credential of systemd to the service that is given it', async () => {
    const file = join(folder, 'credential.yaml');
    const lines = ['network: testnet', 'mode: live', 'account: { keyCredential: trader }'];
    writeFileSync(file, lines.join('\n'));
    expect((await perpetua('config', 'check', '--config', file)).code).toBe(0);
  });

  it('prints the settings as they will be used', async () => {
    const file = write('good.yaml', 'network: testnet\nseed: 11\n');
    const { code, out } = await perpetua('config', 'check', '--config', file);
    expect(code).toBe(EXIT.ok);
    expect(JSON.parse(out)).toMatchObject({ network: 'testnet', mode: 'shadow', seed: 11 });
  });

  it('ends with 78 for a file that is not there', async () => {
    const { code, err } = await perpetua('config', 'check', '--config', join(folder, 'none'));
    expect(code).toBe(EXIT.config);
    expect(err).toContain('cannot be read');
  });
});

describe('replay', () => {
  const line = (receivedAt: number, frame: object): string =>
    `{"receivedAt":${receivedAt},"frame":${JSON.stringify(frame)}}\n`;
  const connected = { type: 'connected', connection_id: 'c', message_id: 0 };
  const height = {
    type: 'channel_data',
    connection_id: 'c',
    message_id: 1,
    channel: 'v4_block_height',
    version: '1.0.0',
    contents: { blockHeight: '7', time: '2025-01-01T00:00:00.000Z' },
  };
  const recording = line(1_000, connected) + line(2_000, height);

  it.each([
    ['plain', recording],
    ['gzip', gzipSync(recording)],
  ])('accounts for every frame of a %s recording', async (name, content) => {
    const { code, out } = await perpetua('replay', write(name, content), '--json');
    expect(code).toBe(EXIT.ok);
    expect(out.trimEnd()).not.toContain('\n');
    expect(JSON.parse(out)).toMatchObject({
      frames: { received: 2, applied: 2, rejected: 0, quarantined: 0 },
      from: 1_000,
      to: 2_000,
      decisions: 0,
    });
  });

  it('without --json prints for people', async () => {
    const { out } = await perpetua('replay', write('people', recording));
    expect(out).toContain('\n  "frames": {');
  });

  it('of a recording that was cut says so, and ends with 0', async () => {
    const path = write('cut', recording.slice(0, -20));
    const { code, err, out } = await perpetua('replay', path, '--json');
    const warning = `${path}: ends within line 2`;
    expect(code).toBe(EXIT.ok);
    expect(err).toBe(`perpetua: ${warning}: it was cut, and the rest is missing\n`);
    expect(JSON.parse(out)).toMatchObject({ frames: { received: 1 }, warning });
  });

  it('names the file that cannot be opened', async () => {
    const path = join(folder, 'no-such-recording');
    const { code, err } = await perpetua('replay', path);
    expect({ code, err }).toEqual({ code: EXIT.failed, err: `perpetua: cannot open ${path}\n` });
  });

  it('names a damaged line by its number', async () => {
    const path = write('damaged', `${line(1_000, connected)}{"receivedAt":oops}\n`);
    const { code, err } = await perpetua('replay', path);
    expect(code).toBe(EXIT.failed);
    expect(err).toContain('damaged:2: expected {"receivedAt":');
  });

  it('does not take a folder for a recording', async () => {
    mkdirSync(join(folder, 'a-folder'));
    const { code, err } = await perpetua('replay', join(folder, 'a-folder'));
    expect(code).toBe(EXIT.failed);
    expect(err).toContain('perpetua: ');
  });
});
