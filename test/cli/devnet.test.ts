/** `perpetua devnet`: in process for its figures, as a built process for its life and its end. */
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import { endAll, perpetua, poll } from '../support/built-program.js';

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
