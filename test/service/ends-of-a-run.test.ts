/** How the built service ends when it cannot go on: each with its words and its exit code. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { keyFromSeed } from '../../src/dydx/keys.codec.js';
import { endAll, perpetua, poll, temporaryFolder, type Run } from '../support/built-program.js';

afterEach(endAll);

const CLOSED_PORT = '127.0.0.1:9';
const UNREACHABLE = {
  PERPETUA_ENDPOINTS_REST_URL: `http://${CLOSED_PORT}/v4`,
  PERPETUA_ENDPOINTS_SOCKET_URL: `ws://${CLOSED_PORT}`,
  PERPETUA_ENDPOINTS_RPC_URL: `http://${CLOSED_PORT}`,
};

function run(environment: Readonly<Record<string, string>> = {}, nodeFlags: string[] = []): Run {
  return perpetua(['run', '--json'], {
    nodeFlags,
    environment: {
      PERPETUA_ADMIN_PORT: '0',
      PERPETUA_JOURNAL_PATH: temporaryFolder(),
      PERPETUA_EMBEDDED_MARKETS: '1',
      ...environment,
    },
  });
}

const exchangeOf = async (service: Run): Promise<string> =>
  (await service.until(/"rest":\["(http:[^"]+)"/))[1] ?? '';

/** Resolves when nobody answers any more: the exchange has followed its service. */
const isGone = (rest: string): Promise<true> =>
  poll('end of the exchange', () =>
    fetch(`${rest}/height`).then(
      () => undefined,
      () => true as const,
    ),
  );

describe('a service', () => {
  it('whose exchange dies says so and fails', async () => {
    const service = run();
    await service.until(/"state":"trading"/);
    const child = execFileSync('ps', ['-o', 'pid=', '--ppid', `${service.child.pid}`]).toString();
    process.kill(Number(child), 'SIGKILL');
    expect(await service.ended).toBe(1);
    expect(service.err()).toContain('perpetua: the embedded exchange has ended: exit SIGKILL');
    expect(JSON.parse(service.out())).toMatchObject({ state: 'faulted' });
  });

  it.each([
    ['throws what nobody catches', 'throw new Error("planted")'],
    ['rejects what nobody handles', 'Promise.reject(new Error("planted"))'],
  ])('that %s ends with 70, and its exchange with it', async (_, bug) => {
    const flag = `--import=data:text/javascript,process.on("SIGUSR2",()=>{${encodeURI(bug)}})`;
    const service = run({}, [flag]);
    const rest = await exchangeOf(service);
    await service.until(/"state":"trading"/);
    service.child.kill('SIGUSR2');
    expect(await service.ended).toBe(70);
    expect(service.err()).toMatch(/"message":"planted".*"msg":"process\.broken"/);
    await isGone(rest);
  });

  it('that is killed takes its exchange along', async () => {
    const service = run();
    const rest = await exchangeOf(service);
    service.child.kill('SIGKILL');
    await service.ended;
    expect(await isGone(rest)).toBe(true);
  });

  it('told to end while it is starting ends, and leaves nothing behind', async () => {
    const service = run();
    await service.until(/"state":"booting"/);
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(1);
    expect(service.err()).toContain('before it was ever ready to trade');
  });

  it('that reaches nothing of mainnet says what, and goes on until it is told to end', async () => {
    const service = perpetua(['run', '--network', 'mainnet', '--json'], {
      environment: {
        PERPETUA_ADMIN_PORT: '0',
        PERPETUA_JOURNAL_PATH: temporaryFolder(),
        ...UNREACHABLE,
      },
    });
    const twice = new RegExp(`(${CLOSED_PORT}.*"msg":"venue.unreachable"[^]*){2}`);
    await service.until(twice, 15_000);
    expect(service.child.exitCode).toBeNull();
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(1);
    expect(JSON.parse(service.out())).toMatchObject({ network: 'mainnet', mode: 'shadow' });
  });

  it('whose validators do not answer waits for them, and ends when it is told to', async () => {
    const credentials = temporaryFolder();
    const key = keyFromSeed('a real account');
    writeFileSync(join(credentials, 'key'), key, { mode: 0o600 });
    const service = run({
      PERPETUA_NETWORK: 'testnet',
      PERPETUA_MODE: 'live',
      PERPETUA_ACCOUNT_KEY_CREDENTIAL: 'key',
      PERPETUA_ACCOUNT_ACCEPT_KEY_THAT_CAN_WITHDRAW: 'true',
      CREDENTIALS_DIRECTORY: credentials,
      ...UNREACHABLE,
    });
    await service.until(/"msg":"signer.waiting"/);
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(1);
    expect(service.err() + service.out()).not.toContain(key);
  });

  it('whose admin port is taken says so and fails', async () => {
    const first = run();
    const [, port = ''] = await first.until(/API +http:\/\/127\.0\.0\.1:(\d+)/);
    const second = run({ PERPETUA_ADMIN_PORT: port });
    expect(await second.ended).toBe(1);
    expect(second.err()).toContain(`127.0.0.1:${port} is taken, perhaps by a service`);
  });
});

it('wrong settings are named all at once, with their lines, and end with 78', async () => {
  const file = join(temporaryFolder(), 'wrong.yaml');
  const lines = ['unknwon: 3', 'risk:', '  maxExposureUsd: -5', 'markets: [BTCUSD]'];
  writeFileSync(file, lines.join('\n'));
  const check = perpetua(['config', 'check', '--config', file]);
  expect(await check.ended).toBe(78);
  expect(check.err().trimEnd().split('\n')).toEqual([
    `${file}:1:10: unknwon: unknown key`,
    `${file}:3:19: risk.maxExposureUsd: expected a number > 0, was -5`,
    `${file}:4:11: markets.0: expected a ticker like BTC-USD, or all, was "BTCUSD"`,
  ]);
});
