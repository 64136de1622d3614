/**
 * The built service from outside, on an exchange that outlives it: killed with an order in flight and
 * with a position open, halted, resumed, drained; its books held against the exchange's own word.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/app/run-report.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { openJournal } from '../../src/journal/journal.store.js';
import { unwrap } from '../../src/model/result.js';
import type { JournalRow } from '../../src/ports/journal.js';
import type { PositionState, RiskState } from '../../src/ports/control.js';
import {
  endAll,
  operatorOf,
  perpetua,
  poll,
  temporaryFolder,
  THREADS,
  type Operator,
  type Run,
} from '../support/built-program.js';

const SEED = 7;
const address = addressOfKey(unwrap(readPrivateKey(keyFromSeed(SEED))));
const folder = temporaryFolder();
const settings = join(folder, 'perpetua.yaml');
let exchange = '';

/** Enters soon, and keeps what it has: one position over several lives of the service. */
const SETTINGS = `
markets: [BTC-USD, ETH-USD]
strategies:
  - {name: sniper, minConfidence: 0.05, maxPositions: 1, maxHoldSeconds: 600, stopBps: 5000}
`;

function service(...flags: readonly string[]): Run {
  return perpetua(['run', '--config', settings, '--seed', `${SEED}`, '--json', ...flags], {
    environment: {
      PERPETUA_ENDPOINTS_REST_URL: `${exchange}/v4`,
      PERPETUA_ENDPOINTS_SOCKET_URL: `${exchange.replace('http', 'ws')}/v4/ws`,
      PERPETUA_ENDPOINTS_RPC_URL: exchange,
      PERPETUA_ADMIN_PORT: '0',
      PERPETUA_JOURNAL_PATH: folder,
    },
  });
}

const operate = (run: Run): Promise<Operator> => operatorOf(run.err, run.until);
const trading = /"state":"trading"/;
const reportOf = (run: Run): RunReport => JSON.parse(run.out()) as RunReport;
const isOpen = ({ size }: PositionState): boolean => size !== '0';

async function ask<T>(path: string): Promise<T> {
  return (await (await fetch(`${exchange}${path}`)).json()) as T;
}

/** What the exchange's own REST says of the account: the truth that books are held against. */
async function exchangeBooks() {
  const { subaccount } = await ask<{
    subaccount: {
      openPerpetualPositions: Record<string, { market: string; size: string }>;
      assetPositions: { USDC: { size: string } };
    };
  }>(`/v4/addresses/${address}/subaccountNumber/0`);
  const { fills } = await ask<{ fills: { id: string }[] }>(
    `/v4/fills?address=${address}&subaccountNumber=0&limit=100`,
  );
  return {
    usdc: Number(subaccount.assetPositions.USDC.size),
    positions: Object.values(subaccount.openPerpetualPositions).map(({ market, size }) => ({
      market,
      size,
    })),
    fillIds: fills.map(({ id }) => id).sort(),
  };
}

async function readJournal(): Promise<readonly JournalRow[]> {
  const below = join(folder, 'embedded');
  const name = readdirSync(below).find((file) => file.endsWith('.sqlite')) ?? '';
  const identity = { network: 'embedded', address, subaccount: 0 };
  const path = join(below, name);
  const journal = await openJournal({ path, identity, makeWorker: THREADS.journal });
  await journal.close();
  return journal.history;
}

beforeAll(async () => {
  writeFileSync(settings, SETTINGS);
  const devnet = perpetua([
    'devnet',
    '--port',
    '0',
    '--markets',
    '2',
    '--preset',
    'trend',
    '--seed',
    `${SEED}`,
  ]);
  exchange = (await devnet.until(/indexer +(http:\/\/\S+)\/v4/))[1] ?? '';
});
afterAll(endAll);

/** The tests follow one account through the lives of its service, in this order. */
describe.sequential('the started service', () => {
  it('killed twice ends with the books of the exchange', async () => {
    const first = service();
    await first.until(/"answer":"accepted".*"msg":"order\.sent"/);
    first.child.kill('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');

    const second = service();
    const { get } = await operate(second);
    const position = await poll('position', async () =>
      (await get<PositionState[]>('/v1/positions')).find(isOpen),
    );
    second.child.kill('SIGKILL');
    expect(await second.ended).toBe('SIGKILL');

    const third = service();
    const after = await operate(third);
    await third.until(trading);
    const markets = (await after.get<PositionState[]>('/v1/positions')).map(({ market }) => market);
    expect(markets).toContain(position.market);
    third.child.kill('SIGTERM');
    expect(await third.ended).toBe(0);

    const { state, positions, usdc, venue } = reportOf(third);
    const books = await exchangeBooks();
    expect(state).toBe('stopped');
    expect(positions).toEqual(books.positions);
    expect(Number(usdc)).toBe(books.usdc);
    expect(venue?.agrees).toBe(true);
    const booked = (await readJournal()).flatMap(({ entry }) =>
      entry.type === 'fill' ? [entry.fill.fillId] : [],
    );
    expect(booked.toSorted()).toEqual(books.fillIds);
  }, 60_000);

  it('stays halted over a restart until its operator resumes', async () => {
    const first = service();
    const before = await operate(first);
    await first.until(trading);
    const order = { by: 'test', reason: 'to see it latch' };
    expect((await before.post('/v1/halt', order)).body).toMatchObject({
      message: 'risk is halted',
    });
    first.child.kill('SIGKILL');
    await first.ended;

    const second = service();
    const after = await operate(second);
    await second.until(trading);
    expect(await after.get<RiskState>('/v1/risk')).toMatchObject({
      level: 'halted',
      breaches: [{ cause: 'operator', latched: true }],
    });
    expect(await after.get('/readyz')).toEqual({ ready: false });
    expect((await after.post('/v1/resume', { ...order, reason: 'seen' })).status).toBe(200);
    expect((await after.get<RiskState>('/v1/risk')).breaches).toEqual([]);
    expect((await after.post('/v1/resume', order)).status).toBe(409);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    const kinds = (await readJournal()).map(({ entry }) => entry.type);
    expect(kinds).toContain('risk.latched');
    expect(kinds).toContain('risk.cleared');
    for (const token of [...before.tokens, ...after.tokens]) {
      const mentions = `${first.err()}${second.err()}`.split(token).length - 1;
      expect(mentions).toBe(1); // Where it was told to the operator, and nowhere in the log.
    }
  }, 60_000);

  it('does not share its account, nor its journal', async () => {
    const owner = service();
    await owner.until(trading);
    const second = service();
    expect(await second.ended).toBe(1);
    expect(second.err()).toMatch(
      /perpetua: account\.locked: another process of this machine trades embedded \S+ dydx1\w+\/0/,
    );
    expect(reportOf(second).state).toBe('faulted');
    owner.child.kill('SIGTERM');
    expect(await owner.ended).toBe(0);
  }, 40_000);
});
