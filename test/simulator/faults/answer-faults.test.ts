/** Faults of REST and RPC answers, each in virtual time. */
import { describe, expect, it } from 'vitest';
import { FaultyExchange } from './faulty-exchange.js';

const HEIGHT = '/v4/height';
const fills = (exchange: FaultyExchange) =>
  `/v4/fills?address=${exchange.wallet.address}&subaccountNumber=0`;
const STATUS = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status', params: {} });

const BROADCAST = JSON.stringify({
  jsonrpc: '2.0',
  id: 2,
  method: 'broadcast_tx_sync',
  params: { tx: 'AA==' },
});

async function get(faults: object, path = HEIGHT) {
  const exchange = new FaultyExchange(faults);
  return { exchange, ...(await exchange.send('GET', path)) };
}

describe('a REST answer', () => {
  it('is 429 with milliseconds in Retry-After', async () => {
    const { answer } = await get({ 'rest.tooMany': 1 });
    expect(answer).toMatchObject({
      status: 429,
      body: '{"errors":[{"msg":"Too many requests"}]}',
      headers: { 'ratelimit-limit': '100', 'ratelimit-remaining': '0' },
    });
    const { headers } = answer as { headers: Record<string, string> };
    expect(Number(headers['ratelimit-reset'])).toBe(
      Date.parse('2026-01-05T09:00:00Z') + Number(headers['retry-after']),
    );
  });

  it('is 403 for accounts, never for market data', async () => {
    const exchange = new FaultyExchange({ 'rest.forbidden': 1 });
    expect((await exchange.send('GET', fills(exchange))).answer).toMatchObject({
      status: 403,
      body: expect.stringMatching(/^\{"errors":\[\{"code":"GEOBLOCKED","msg":"Because you appear/),
    });
    expect((await exchange.send('GET', HEIGHT)).answer).toMatchObject({ status: 200 });
    expect(exchange.struck).toEqual({ 'rest.forbidden': 1 });
  });

  it.each([
    [500, 'application/json; charset=utf-8', '{"errors":[{"msg":"Internal Server Error"}]}'],
    [502, 'text/html', expect.stringContaining('502 Bad Gateway')],
    [503, 'text/html', expect.stringContaining('503')],
  ])('is %i', async (status, type, body) => {
    const { answer } = await get({ 'rest.error': 1, 'rest.errorStatus': status });
    expect(answer).toMatchObject({ status, headers: { 'content-type': type }, body });
  });

  it('never comes', async () => {
    expect(await get({ 'rest.hang': 1 })).toMatchObject({ answer: 'http.deadline', ms: 3000 });
  });

  it('breaks off', async () => {
    expect(await get({ 'rest.truncate': 1 })).toMatchObject({ answer: 'http.network' });
  });

  it('comes late', async () => {
    const { answer, ms, exchange } = await get({ 'rest.slowMs': 500 });
    expect(answer).toMatchObject({ status: 200 });
    expect(ms).toBeGreaterThan(0);
    expect(exchange.struck).toEqual({ 'rest.slow': 1 });
  });

  it('tells a wrong time', async () => {
    const { answer } = await get({ 'indexer.clockSkewMs': -60_000 }, '/v4/time');
    const { body } = answer as { body: string };
    expect(JSON.parse(body)).toMatchObject({ iso: '2026-01-05T08:59:00.000Z' });
  });

  it('is not touched by the faults of the validator', async () => {
    const { answer } = await get({ 'validator.hang': 1, 'broadcast.loseRequest': 1 });
    expect(answer).toMatchObject({ status: 200 });
  });
});

describe('the validator', () => {
  it('is behind a bad gateway', async () => {
    const exchange = new FaultyExchange({ 'validator.badGateway': 1 });
    expect((await exchange.send('POST', '/', STATUS)).answer).toMatchObject({ status: 502 });
  });

  it('hangs', async () => {
    const exchange = new FaultyExchange({ 'validator.hang': 1 });
    expect((await exchange.send('POST', '/', STATUS)).answer).toBe('http.deadline');
    expect((await exchange.buy()).answer).toBe('http.deadline');
    expect(exchange.position()).toBe(0n);
  });
});

describe('a broadcast', () => {
  const trading = (faults = {}) => new FaultyExchange(faults, { hasTraders: true });

  it('is processed when nothing is wrong', async () => {
    const exchange = trading();
    expect((await exchange.buy()).answer).toMatchObject({
      status: 200,
      body: expect.stringContaining('"code":0'),
    });
    expect(exchange.position()).toBe(10_000_000n);
  });

  it('is accepted and its answer lost', async () => {
    const exchange = trading({ 'broadcast.loseReply': 1 });
    expect((await exchange.buy()).answer).toBe('http.network');
    expect(exchange.position()).toBe(10_000_000n);
    expect(exchange.struck).toEqual({ 'broadcast.loseReply': 1 });
  });

  it('is lost before anybody has seen it', async () => {
    const exchange = trading({ 'broadcast.loseRequest': 1 });
    expect((await exchange.buy()).answer).toBe('http.network');
    expect(exchange.position()).toBe(0n);
  });

  it.each([
    ['clob.5001', { code: 5001, codespace: 'clob' }],
    ['sdk.32', { code: 32, codespace: 'sdk' }],
  ])('is refused with %s', async (rejectWith, result) => {
    const exchange = trading({
      'broadcast.reject': 1,
      'broadcast.rejectWith': rejectWith,
    });
    const { body } = (await exchange.buy()).answer as { body: string };
    expect(JSON.parse(body)).toMatchObject({
      id: 1,
      result: { ...result, hash: expect.stringMatching(/^[0-9A-F]{64}$/) },
    });
    expect(exchange.position()).toBe(0n);
  });

  it('is seen late', async () => {
    const exchange = trading({ 'broadcast.delayMs': 300 });
    const { answer, ms } = await exchange.buy();
    expect(answer).toMatchObject({ status: 200 });
    expect(ms).toBeGreaterThan(0);
    expect(exchange.position()).toBe(10_000_000n);
  });
});

describe('a WebSocket of the node', () => {
  function connect(faults: object) {
    const exchange = new FaultyExchange(faults);
    const heard: string[] = [];
    const client = exchange.ports.network.connectValidator({
      write: (frame) => heard.push(frame),
      cut: () => heard.push('cut'),
    });
    return { exchange, client, heard };
  }

  it.each([
    ['validator.hang', STATUS, []],
    ['validator.badGateway', STATUS, ['cut']],
    ['broadcast.loseRequest', BROADCAST, ['cut']],
    ['broadcast.loseReply', BROADCAST, ['cut']],
    ['rest.hang', STATUS, [expect.stringContaining('"node_info"')]],
  ])('meets %s as HTTP does', (fault, text, expected) => {
    const { client, heard } = connect({ [fault]: 1 });
    client.receive(text);
    expect(heard).toEqual(expected);
  });

  it('hears of a late broadcast late, and of nothing when it has gone', async () => {
    const { exchange, client, heard } = connect({ 'broadcast.delayMs': 300 });
    client.receive(BROADCAST);
    expect(heard).toEqual([]);
    await exchange.clock.advance(10_000);
    expect(heard).toEqual([expect.stringContaining('"id":2')]);
    client.receive(BROADCAST);
    client.close();
    await exchange.clock.advance(10_000);
    expect(heard).toHaveLength(1);
  });

  it('still gets the blocks that it subscribed to', async () => {
    const { exchange, client, heard } = connect({});
    const params = { query: "tm.event='NewBlock'" };
    client.receive(JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'subscribe', params }));
    exchange.change({ 'validator.hang': 1 });
    await exchange.clock.advance(1000);
    expect(heard[0]).toBe('{"jsonrpc":"2.0","id":3,"result":{}}');
    expect(heard[1]).toContain('tendermint/event/NewBlock');
  });
});
