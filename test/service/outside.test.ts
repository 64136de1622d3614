/** The built service as its users start it, on an exchange that outlives it: killed, started again, drained. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  OrderState,
  PositionState,
  RiskState,
  ServiceState,
} from '../../src/ports/control.js';
import {
  endAll,
  operatorOf,
  perpetua,
  poll,
  temporaryFolder,
  type Operator,
  type Run,
} from '../support/built-program.js';

const folder = temporaryFolder();
const settings = join(folder, 'perpetua.yaml');
let exchange = '';
let service: Run;
let operator: Operator;

interface Subaccount {
  readonly assetPositions: Readonly<Record<string, { readonly size: string }>>;
  readonly openPerpetualPositions: Readonly<Record<string, { readonly size: string }>>;
}

async function ask<T>(path: string): Promise<T> {
  return (await (await fetch(`${exchange}${path}`)).json()) as T;
}

async function start(): Promise<void> {
  service = perpetua(['run', '--config', settings, '--json']);
  operator = await operatorOf(service.err, service.until);
  await poll('trading', async () => {
    const { state } = await operator.get<ServiceState>('/v1/state');
    return state === 'trading' ? true : undefined;
  });
}

async function filled(purpose: string): Promise<void> {
  await poll(
    `a filled ${purpose}`,
    async () => {
      const orders = await operator.get<OrderState[]>('/v1/orders');
      return orders.some((order) => order.purpose === purpose && order.filled !== '0')
        ? true
        : undefined;
    },
    40_000,
  );
}

/** Ours against the exchange's own REST, until they are the same. */
async function agreement(): Promise<void> {
  const { address } = await operator.get<ServiceState>('/v1/state');
  await poll('agreement with the exchange', async () => {
    const ours = (await operator.get<PositionState[]>('/v1/positions')).filter(
      ({ size }) => size !== '0',
    );
    const path = `/v4/addresses/${address}/subaccountNumber/0`;
    const { subaccount } = await ask<{ subaccount: Subaccount }>(path);
    const theirs = Object.entries(subaccount.openPerpetualPositions).map(
      ([market, { size }]) => `${market} ${size}`,
    );
    const mine = ours.map(({ market, size }) => `${market} ${size}`);
    return mine.toSorted().join() === theirs.toSorted().join() ? true : undefined;
  });
}

beforeAll(async () => {
  const devnet = perpetua(['devnet', '--port', '0', '--markets', '3', '--preset', 'trend']);
  const [, base] = await devnet.until(/validator (http:\/\/\S+)/);
  exchange = base ?? '';
  writeFileSync(
    settings,
    [
      'endpoints:',
      `  restUrl: ${exchange}/v4`,
      `  socketUrl: ${exchange.replace('http', 'ws')}/v4/ws`,
      `  rpcUrl: ${exchange}`,
      'admin: { port: 0 }',
      `journal: { path: ${join(folder, 'journal')} }`,
      'strategies:',
      '  - { minConfidence: 0.05, maxHoldSeconds: 3, coolDownSeconds: 1 }',
    ].join('\n'),
  );
});
afterAll(endAll);

describe('the started service', () => {
  it('recovers from SIGKILL with orders in flight: positions equal, no fill twice', async () => {
    await start();
    await filled('entry');
    for (let round = 0; round < 2; round += 1) {
      service.child.kill('SIGKILL');
      expect(await service.ended).toBe('SIGKILL');
      await start();
      await agreement();
      await filled('entry');
    }
    const { address } = await operator.get<ServiceState>('/v1/state');
    const { fills } = await ask<{ fills: { id: string }[] }>(
      `/v4/fills?address=${address}&subaccountNumber=0`,
    );
    expect(new Set(fills.map(({ id }) => id)).size).toBe(fills.length);
    expect((await operator.get<RiskState>('/v1/risk')).level).toBe('active');
  }, 90_000);

  it('lets no second service at its journal', async () => {
    const second = perpetua(['run', '--config', settings]);
    expect(await second.ended).toBe(1);
    expect(second.err()).toMatch(/journal.*(lock|use)/i);
  }, 30_000);

  it('stays halted over a restart until a named operator resumes', async () => {
    const by = { by: 'ada', reason: 'a drill' };
    expect(await operator.post('/v1/halt', by)).toMatchObject({ status: 200 });
    service.child.kill('SIGKILL');
    await service.ended;
    await start();
    expect(await operator.get<RiskState>('/v1/risk')).toMatchObject({
      level: 'halted',
      breaches: [{ cause: 'operator' }],
    });
    expect(await operator.post('/v1/resume', by)).toMatchObject({ status: 200 });
    await poll('active', async () =>
      (await operator.get<RiskState>('/v1/risk')).level === 'active' ? true : undefined,
    );
  }, 60_000);

  it('drains on SIGTERM, agrees with the exchange to the last 1e-6, and exits 0', async () => {
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    const lines = service.out().trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      state: 'stopped',
      venue: { agrees: true },
    });
    for (const token of operator.tokens) expect(service.err().split(token)).toHaveLength(2);
  }, 60_000);
});

it('settings that are wrong in three ways are all named at once, with lines, and end with 78', async () => {
  const path = join(folder, 'wrong.yaml');
  writeFileSync(path, 'sped: 1\nrisk:\n  maxExposureUsd: -1\nmarkets: [BTC]\n');
  const run = perpetua(['run', '--config', path]);
  expect(await run.ended).toBe(78);
  expect(run.err()).toMatch(
    /wrong\.yaml:1:\d+: sped: unknown key\n.*:3:\d+: risk.maxExposureUsd: expected a number > 0, was -1\n.*:4:\d+: markets.0: expected a ticker/,
  );
});
