/** A whole run in this process: real sockets, disk and threads, the embedded exchange as its child. */
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { afterAll, describe, expect, it } from 'vitest';
import { runService } from '../../src/app/run-service.js';
import type { RunReport } from '../../src/app/run-report.js';
import { loadConfig } from '../../src/config/load-config.js';
import {
  endAll,
  operatorOf,
  poll,
  PROGRAM,
  temporaryFolder,
  THREADS,
  type Operator,
} from '../support/built-program.js';

afterAll(endAll);

function begin(flags: Readonly<Record<string, unknown>>, forMs?: number, program = PROGRAM) {
  const folder = temporaryFolder();
  const config = loadConfig({
    environment: {},
    flags: { 'journal.path': folder, 'admin.port': 0, 'embedded.markets': 2, ...flags },
  });
  const text = { out: '', err: '', log: '' };
  const ended = runService(config, {
    forMs,
    json: true,
    program,
    threads: THREADS,
    logTo: { write: (line: string) => void (text.log += line) },
    terminal: {
      out: (line) => void (text.out += line),
      err: (line) => void (text.err += `${line}\n`),
    },
  });
  return { folder, text, ended, operator: operatorOf(() => text.err) };
}

/** What a viewer of the inspector hears first. */
async function firstInspected(greeting: string, { post }: Operator): Promise<unknown> {
  const [, authority] = /API\s+http:\/\/([\w.:]+)\//.exec(greeting) ?? [];
  const { body } = await post('/inspect/ticket', {});
  const { ticket } = body as { ticket: string };
  const protocols = ['perpetua.inspect', `ticket.${ticket}`];
  const viewer = new WebSocket(`ws://${authority}/inspect/ws`, protocols);
  const [frame] = (await once(viewer, 'message')) as [Buffer];
  viewer.terminate();
  return JSON.parse(frame.toString());
}

const lastState = (log: string): string | undefined =>
  [...log.matchAll(/"state":"(\w+)","msg":"service\.state"/g)].at(-1)?.[1];

describe('a run on the embedded exchange', () => {
  it('trades, answers its operator, drains when told to, and prints its figures', async () => {
    const { text, ended, operator, folder } = begin({
      strategies: [{ minConfidence: 0.05, maxHoldSeconds: 1, coolDownSeconds: 0.5 }],
      'embedded.preset': 'trend',
    });
    const { get, tokens } = await operator;
    await poll('trading', () => (lastState(text.log) === 'trading' ? true : undefined));
    await poll(
      'a closed position',
      async () => {
        const orders = await get<{ purpose: string; state: string }[]>('/v1/orders');
        return orders.some(({ purpose, state }) => purpose === 'exit' && state === 'closed.filled')
          ? true
          : undefined;
      },
      40_000,
    );
    const state = await get<object>('/v1/state');
    expect(state).toMatchObject({ state: 'trading', network: 'embedded', mode: 'live' });
    expect(await firstInspected(text.err, await operator)).toMatchObject({ type: '@xstate.actor' });
    process.emit('SIGTERM');
    expect(await ended).toBe(0);
    const report = JSON.parse(text.out) as RunReport;
    expect(report).toMatchObject({ state: 'stopped', venue: { agrees: true } });
    expect(report.frames.received).toBe(
      report.frames.applied + report.frames.rejected + report.frames.quarantined,
    );
    expect(report.fills).toBeGreaterThanOrEqual(2);
    for (const token of tokens) expect(text.log).not.toContain(token);
    const [run] = /run-\d+/.exec(text.err) ?? [];
    expect(statSync(join(folder, 'embedded', run ?? '')).mode & 0o077).toBe(0);
  }, 60_000);

  it('faults with the reason when its exchange dies, and says so in its exit code', async () => {
    const folder = temporaryFolder();
    const dying = join(folder, 'dying.mjs');
    const order = join(folder, 'die');
    const program = [
      "import { existsSync } from 'node:fs';",
      `const die = () => existsSync(${JSON.stringify(order)}) && process.kill(process.pid, 'SIGKILL');`,
      'setInterval(die, 50);',
      `await import(${JSON.stringify(PROGRAM)});`,
    ];
    writeFileSync(dying, `${program.join('\n')}\n`);
    const { text, ended } = begin({ seed: 4 }, undefined, dying);
    await poll('trading', () => (lastState(text.log) === 'trading' ? true : undefined));
    writeFileSync(order, '');
    expect(await ended).toBe(1);
    expect(text.err).toContain('the embedded exchange has ended: exit SIGKILL');
    expect(JSON.parse(text.out)).toMatchObject({ state: 'faulted' });
  }, 60_000);

  it.each(['paper', 'shadow'])(
    'in mode %s reaches its market and ends well after its time',
    async (mode) => {
      const { text, ended } = begin({ mode, seed: 5 }, 10_000);
      expect(await ended).toBe(0);
      expect(JSON.parse(text.out)).toMatchObject({ state: 'stopped', mode });
    },
    40_000,
  );
});

describe('a run on another network', () => {
  const closed = {
    'endpoints.restUrl': 'http://127.0.0.1:9/v4',
    'endpoints.socketUrl': 'ws://127.0.0.1:9',
    'endpoints.rpcUrl': 'http://127.0.0.1:9',
  };

  it('says what cannot be reached, goes on trying, and does not end as if it had worked', async () => {
    const { text, ended, folder } = begin({ network: 'mainnet', ...closed }, 3_000);
    expect(await ended).toBe(1);
    expect(text.log.match(/venue\.unreachable/g)?.length).toBeGreaterThan(2);
    expect(text.log).toContain('127.0.0.1:9');
    expect(text.err).toContain('before it was ever ready to trade');
    expect(text.err).not.toMatch(/read \S{20}/);
    expect(statSync(join(folder, 'mainnet', 'tokens.json')).mode & 0o077).toBe(0);
  }, 30_000);
});
