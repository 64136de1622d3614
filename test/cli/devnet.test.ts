/** `perpetua devnet`: in process for its figures, as a built process for its life and its end. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import { endAll, perpetua, poll, temporaryFolder } from '../support/built-program.js';

afterEach(endAll);

describe('the exchange as a command', () => {
  it('prints one JSON object when its time is over', async () => {
    const lines: string[] = [];
    const told: string[] = [];
    const code = await runProgram(
      ['devnet', '--port', '0', '--markets', '1', '--seed', '3', '--for', '1s', '--json'],
      { out: (line) => void lines.push(line), err: (line) => void told.push(line) },
    );
    expect(code).toBe(0);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ height: expect.any(Number), frames: 0 });
    expect(told.join('\n')).toMatch(/indexer +http:\/\/127\.0\.0\.1:\d+\/v4/);
  });

  it('ends on a signal, and leaves no listener behind', async () => {
    const before = process.listenerCount('SIGTERM');
    const silent = { out: () => undefined, err: () => undefined };
    const ended = runProgram(['devnet', '--port', '0', '--markets', '1'], silent);
    await poll('listener', () => process.listenerCount('SIGTERM') > before || undefined);
    process.emit('SIGTERM');
    expect(await ended).toBe(0);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('says that its port is taken', async () => {
    const first = perpetua(['devnet', '--port', '0', '--markets', '1']);
    const [, port = ''] = await first.until(/indexer +http:\/\/127\.0\.0\.1:(\d+)/);
    const second = perpetua(['devnet', '--port', port, '--markets', '1']);
    expect(await second.ended).toBe(1);
    expect(second.err()).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
  });
});

describe('a recording in place of traders', () => {
  const silent = { out: () => undefined, err: () => undefined };
  const line = (receivedAt: number, frame: object): string => JSON.stringify({ receivedAt, frame });
  const book = { channel: 'v4_orderbook', id: 'XYZ-USD', connection_id: 'c', message_id: 1 };
  const record = (...lines: readonly string[]): string => {
    const file = join(temporaryFolder(), 'recording.ndjson');
    writeFileSync(file, lines.map((text) => `${text}\n`).join(''));
    return file;
  };
  const snapshot = {
    ...book,
    type: 'subscribed',
    contents: {
      bids: [{ price: '99.5', size: '2' }],
      asks: [{ price: '100.5', size: '3' }],
    },
  };

  it('is played in its own time, and its end is the end', async () => {
    const later = { ...book, type: 'channel_data', version: '1.0.0', contents: { bids: [] } };
    const file = record(line(1000, snapshot), line(4000, later));
    const told: string[] = [];
    const ended = runProgram(['devnet', '--port', '0', '--from', file], {
      ...silent,
      err: (text) => void told.push(text),
    });
    const rest = await poll('port', () => /(http:\S+\/v4) /.exec(told.join('\n'))?.[1]);
    const levels = await poll('book', async () => {
      const answer = await fetch(`${rest}/orderbooks/perpetualMarket/XYZ-USD`);
      const { bids, asks } = (await answer.json()) as { bids: object[]; asks: object[] };
      return bids.length > 0 && asks.length > 0 ? { bids, asks } : undefined;
    });
    expect(levels).toMatchObject({ bids: [{ price: '99.5' }], asks: [{ price: '100.5' }] });
    expect(await ended).toBe(0);
  });

  it('that is missing, empty or broken is an error with its name', async () => {
    const broken = record(line(1000, snapshot), 'nonsense');
    for (const file of [join(temporaryFolder(), 'missing'), record(line(1, {})), broken]) {
      const told: string[] = [];
      const terminal = { ...silent, err: (text: string) => void told.push(text) };
      expect(await runProgram(['devnet', '--port', '0', '--from', file], terminal)).toBe(1);
      expect(told.join('\n')).toContain(file);
    }
  });
});

describe('its faults', () => {
  const silent = () => {
    const told: string[] = [];
    return {
      told,
      terminal: { out: () => undefined, err: (line: string) => void told.push(line) },
    };
  };

  it('come from a file and from flags, the flags on top', async () => {
    const file = join(temporaryFolder(), 'faults.yaml');
    writeFileSync(file, 'rest.tooMany: 1\nchain.slowFactor: 20\n');
    const lines: string[] = [];
    const single = ['--fault', 'rest.tooMany=0', '--fault', 'rest.error=1'];
    const flags = ['--faults', file, ...single, '--habits', 'off'];
    const { told } = silent();
    const ended = runProgram(
      ['devnet', '--port', '0', '--markets', '1', '--for', '2s', '--json', ...flags],
      { out: (line) => void lines.push(line), err: (line) => void told.push(line) },
    );
    const rest = await poll('port', () => /(http:\S+\/v4) /.exec(told.join('\n'))?.[1]);
    expect((await fetch(`${rest}/height`)).status).toBe(500);
    expect(await ended).toBe(0);
    const figures = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(figures).toMatchObject({ height: 1000, faultsStruck: { 'rest.error': 1 } });
    expect(figures['eventLoopDelayP99Ms']).toEqual(expect.any(Number));
  });

  it('are refused with all that is wrong with them', async () => {
    const file = join(temporaryFolder(), 'faults.json');
    writeFileSync(file, '{"socket.drop": 3, "socket.rain": 1}');
    const { told, terminal } = silent();
    const flags = ['--faults', file, '--fault', 'chain.slowFactor=0', '--fault', 'rest.hang'];
    expect(await runProgram(['devnet', '--port', '0', ...flags], terminal)).toBe(78);
    expect(told.join('\n').split('\n')).toEqual([
      `${file}: socket.drop: expected a share from 0 to 1, was 3`,
      expect.stringContaining(
        `${file}: socket.rain: expected the name of a fault: one of socket.drop, `,
      ),
      'flag --fault: chain.slowFactor: expected a factor from 1 to 1000, was 0',
      'flag --fault: rest.hang: expected a share from 0 to 1, was nothing',
    ]);
  });

  it.each([
    ['missing.yaml', undefined, /cannot be read: ENOENT/],
    ['broken.yaml', 'a: [', /cannot be read: /],
    ['list.yaml', '- 1', /\(plan\): expected an object of fault names and values, was \[1\]/],
  ])('in %s are refused', async (name, text, message) => {
    const file = join(temporaryFolder(), name);
    if (text !== undefined) writeFileSync(file, text);
    const { told, terminal } = silent();
    expect(await runProgram(['devnet', '--port', '0', '--faults', file], terminal)).toBe(78);
    expect(told.join('\n')).toMatch(message);
  });

  it.each([
    ['--fault-seed', 'x'],
    ['--control-port', '70000'],
    ['--block-ms', '0'],
    ['--habits', 'bad'],
  ])('and flags: %s %s is refused', async (flag, value) => {
    const { told, terminal } = silent();
    expect(await runProgram(['devnet', '--port', '0', flag, value], terminal)).toBe(64);
    expect(told.join('\n')).toMatch(/expected a whole number from|Allowed choices are off, real/);
  });
});

describe('the exchange as a child', () => {
  it('announces its port, outlives a signal to the group, and ends with its parent', async () => {
    const { child, ended, out } = perpetua(['devnet', '--child', '--port', '0', '--markets', '1']);
    await once(child.stdout ?? child, 'data');
    const { port } = JSON.parse(out()) as { port: number };
    child.kill('SIGINT');
    child.kill('SIGTERM');
    const height = async (): Promise<number> => {
      const answer = await fetch(`http://127.0.0.1:${port}/v4/height`);
      return Number(((await answer.json()) as { height: string }).height);
    };
    const before = await height();
    await poll('next block', async () => ((await height()) > before ? true : undefined));
    child.stdin?.end();
    expect(await ended).toBe(0);
  });
});
