/** The operator's door: who may pass, what they see, and what they may ask. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAdmin, type Admin } from '../../src/admin/admin.server.js';
import { createMetrics } from '../../src/admin/metrics.server.js';
import { fakeControl, quietLog, type FakeControl } from '../support/fake-control.js';

const tokens = { read: 'read-token-0123456789', trade: 'trade-token-0123456789' };
const reads = [
  '/v1/state',
  '/v1/markets',
  '/v1/signals',
  '/v1/scorecard',
  '/v1/decisions',
  '/v1/orders',
  '/v1/positions',
  '/v1/account',
  '/v1/account/subaccounts',
  '/v1/risk',
  '/metrics',
];
const commands: readonly (readonly [path: string, type: string])[] = [
  ['/v1/halt', 'halt'],
  ['/v1/resume', 'resume'],
  ['/v1/flatten', 'flatten'],
  ['/v1/markets/BTC-USD/flatten', 'flatten'],
  ['/v1/strategies/sniper/pause', 'pause'],
  ['/v1/strategies/sniper/unpause', 'unpause'],
  ['/v1/engine/restore', 'engine.restore'],
];
const body = { by: 'ada', reason: 'a drill' };

let control: FakeControl;
let admin: Admin;
beforeAll(async () => {
  control = fakeControl();
  admin = await startAdmin({
    host: '127.0.0.1',
    port: 0,
    control,
    metrics: createMetrics(control),
    log: quietLog,
    tokens,
  });
});
afterAll(() => admin.close());
beforeEach(() => {
  control.commands.length = 0;
  control.answer = { accepted: true, message: 'done' };
});

const call = (
  method: 'GET' | 'POST',
  url: string,
  token?: string,
  payload?: object,
  host = `127.0.0.1:${admin.port}`,
) =>
  admin.app.inject({
    method,
    url,
    headers: { host, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(payload === undefined ? {} : { payload }),
  });

describe('reading', () => {
  it.each(reads)('%s is refused without a token and answers with either token', async (path) => {
    expect((await call('GET', path)).statusCode).toBe(401);
    expect((await call('GET', path, 'wrong-token-0123456789')).statusCode).toBe(401);
    expect((await call('GET', path, tokens.read)).statusCode).toBe(200);
    expect((await call('GET', path, tokens.trade)).statusCode).toBe(200);
  });

  it('shows the projection as it is', async () => {
    expect((await call('GET', '/v1/state', tokens.read)).json()).toEqual(control.state());
    expect((await call('GET', '/v1/risk', tokens.read)).json()).toEqual(control.risk());
    expect((await call('GET', '/v1/account', tokens.read)).json()).toEqual(control.account());
    const family = await call('GET', '/v1/account/subaccounts', tokens.read);
    expect(family.json()).toEqual(control.family());
    expect((await call('GET', '/v1/decisions', tokens.read)).json()).toEqual(control.decisions());
    expect((await call('GET', '/v1/scorecard', tokens.read)).json()).toEqual(control.scorecard());
  });

  it('exports the health of each address', async () => {
    const text = await createMetrics(control).render();
    const labels = '{kind="rpc",rank="1",origin="https://node.example"}';
    const told = text.split('\n').filter((line) => line.startsWith('perpetua_endpoint'));
    // What is not known is left out.
    expect(told.map((line) => line.replace(/\{.*\}/, '{…}'))).toEqual([
      'perpetua_endpoint_healthy{…} 0',
      'perpetua_endpoint_current{…} 1',
      'perpetua_endpoint_errors{…} 2',
      'perpetua_endpoint_latency_ms{…} 12.5',
    ]);
    for (const part of labels.slice(1, -1).split(',')) expect(told[0]).toContain(part);
  });

  it('exports frames by verdict, dead letters, exposure and latency as metrics', async () => {
    const metrics = createMetrics(control);
    metrics.observe('journal', 3);
    const text = await metrics.render();
    expect(text).toContain('perpetua_frames_total{verdict="quarantined"} 1');
    expect(text).toContain('perpetua_rest_free{bucket="default"} 18');
    expect(text).toContain('perpetua_dead_letters_total{reason="frame.json"} 1');
    const versions = 'perpetua_unknown_version_frames_total{channel="v4_trades",version="3.0.0"} 5';
    expect(text).toContain(versions);
    expect(text).toContain('perpetua_exposure_usd 12.5');
    expect(text).toContain('perpetua_orders_alive{state="working"} 1');
    expect(text).toContain('perpetua_latency_ms_count{hop="journal"} 1');
    expect(text).toContain('perpetua_process_resident_memory_bytes');
    expect(text).toContain('perpetua_nodejs_eventloop_lag');
  });
});

describe('the metrics of money', () => {
  it('tell the account, and what is not known as no number', async () => {
    const text = await createMetrics(control).render();
    const lines = [
      'perpetua_if_dead_blocks 5',
      'perpetua_equity_usd 102',
      'perpetua_free_collateral_usd 97',
      'perpetua_maintenance_margin_usd 3',
      'perpetua_pnl_usd Nan',
      'perpetua_day_pnl_usd -1.5',
      'perpetua_funding_usd -0.2',
      'perpetua_fees_usd 0.1',
      'perpetua_account_agrees 0',
    ];
    expect(lines.filter((line) => !text.includes(`${line}\n`))).toEqual([]);
  });
});

describe('commanding', () => {
  it.each(commands)('%s needs the trade scope and becomes one command', async (path, type) => {
    expect((await call('POST', path, undefined, body)).statusCode).toBe(401);
    expect((await call('POST', path, tokens.read, body)).statusCode).toBe(403);
    expect(control.commands).toEqual([]);
    const answer = await call('POST', path, tokens.trade, body);
    expect([answer.statusCode, answer.json()]).toEqual([200, { accepted: true, message: 'done' }]);
    expect(control.commands.map((command) => [command.type, command.by])).toEqual([[type, 'ada']]);
  });

  it('refuses to flatten a market that is none, rather than all of them', async () => {
    const answer = await call('POST', '/v1/markets/everything/flatten', tokens.trade, body);
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'market.unknown']);
    expect(control.commands).toEqual([]);
  });

  it('passes on why a command was not accepted', async () => {
    control.answer = { accepted: false, code: 'risk.not-halted', message: 'nothing to resume' };
    const answer = await call('POST', '/v1/resume', tokens.trade, body);
    expect([answer.statusCode, answer.json()]).toEqual([
      409,
      { code: 'risk.not-halted', message: 'nothing to resume' },
    ]);
  });

  it.each([
    ['nobody asks', { reason: 'x' }],
    ['the name is empty', { by: '', reason: 'x' }],
    ['no reason is given', { by: 'ada' }],
    ['there is an unknown field', { ...body, force: true }],
    ['a number stands for the name', { by: 7, reason: 'x' }],
  ])('refuses a body in which %s', async (_, payload) => {
    expect((await call('POST', '/v1/halt', tokens.trade, payload)).statusCode).toBe(400);
    expect(control.commands).toEqual([]);
  });

  it.each(commands)('%s is refused when its name or reason is blank', async (path) => {
    for (const blank of ['', ' ', '\t', '\u00a0\n']) {
      for (const field of ['by', 'reason']) {
        const answer = await call('POST', path, tokens.trade, { ...body, [field]: blank });
        expect([answer.statusCode, answer.json().message]).toEqual([
          400,
          `body/${field}: expected a text that is not blank`,
        ]);
      }
    }
    expect(control.commands).toEqual([]);
    expect((await call('POST', path, tokens.trade, { ...body, by: ' a ' })).statusCode).toBe(200);
  });

  it('says of other mistakes what it said', async () => {
    const answer = await call('POST', '/v1/halt', tokens.trade, {
      by: 'x'.repeat(65),
      reason: 'y',
    });
    expect(answer.json().message).toBe('body/by must NOT have more than 64 characters');
  });

  it('refuses a form, which a foreign page could send', async () => {
    const answer = await admin.app.inject({
      method: 'POST',
      url: '/v1/halt',
      headers: {
        host: `127.0.0.1:${admin.port}`,
        authorization: `Bearer ${tokens.trade}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: 'by=a&reason=b',
    });
    expect(answer.statusCode).toBe(415);
  });
});

describe('the door itself', () => {
  it('answers health and readiness without a token and without data', async () => {
    expect((await call('GET', '/healthz')).json()).toEqual({ alive: true });
    expect((await call('GET', '/readyz')).statusCode).toBe(200);
    control.ready = false;
    expect((await call('GET', '/readyz')).statusCode).toBe(503);
    control.ready = true;
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1:1', 'localhost.evil.example:8642'])(
    'turns away the host name %s',
    async (host) => {
      expect((await call('GET', '/v1/state', tokens.read, undefined, host)).statusCode).toBe(421);
    },
  );

  it('says nothing about routes that do not exist', async () => {
    expect((await call('GET', '/v1/nothing')).json()).toEqual({
      code: 'admin.not-found',
      message: 'no such route',
    });
  });

  it('hides what went wrong inside', async () => {
    const broken = fakeControl();
    broken.orders = () => {
      throw new Error('secret detail');
    };
    const other = await startAdmin({
      host: '127.0.0.1',
      port: 0,
      control: broken,
      metrics: createMetrics(broken),
      log: quietLog,
      tokens,
    });
    const answer = await other.app.inject({
      url: '/v1/orders',
      headers: { host: `127.0.0.1:${other.port}`, authorization: `Bearer ${tokens.read}` },
    });
    await other.close();
    expect([answer.statusCode, answer.body]).toEqual([500, expect.not.stringContaining('secret')]);
  });

  it('documents every route with its scope', async () => {
    const document = (await call('GET', '/docs/json')).json();
    for (const path of [...reads, '/v1/halt', '/v1/markets/{of}/flatten'])
      expect(Object.keys(document.paths)).toContain(path);
    for (const path of reads.filter((each) => each.startsWith('/v1/'))) {
      expect(Object.keys(document.paths[path].get.responses)).toEqual(['200', '401', '403', '500']);
    }
    const answers = Object.keys(document.paths['/v1/halt'].post.responses);
    expect(answers).toEqual(['200', '400', '401', '403', '404', '409', '500']);
    expect((await call('GET', '/docs/')).headers['content-type']).toContain('text/html');
  });

  it('refuses to start with a route that declares no scope', async () => {
    const start = startAdmin({
      host: '127.0.0.1',
      port: 0,
      control,
      metrics: createMetrics(control),
      log: quietLog,
      tokens,
      extend: (app) => void app.get('/open-by-mistake', () => ({})),
    });
    await expect(start).rejects.toThrow('declares no scope');
  });

  it('refuses a body above its limit', async () => {
    expect(
      (await call('POST', '/v1/halt', tokens.trade, { by: 'x'.repeat(40_000), reason: 'y' }))
        .statusCode,
    ).toBe(413);
  });
});
