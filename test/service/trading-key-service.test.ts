/**
 * The built service with a trading key in a keystore, over real sockets: it trades for its owner's
 * account, no secret is in anything that leaves it, and it ends with 78 where it must not sign.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { keyFromSeed, publicKeyOf, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { sealKeystore } from '../../src/dydx/keystore.codec.js';
import { unwrap } from '../../src/model/result.js';
import type { OrderState, ServiceState } from '../../src/ports/control.js';
import { allOf, messages, PLACE, signature } from '../support/authenticator-parts.js';
import { tradingOnly, TRANSFER } from '../support/authenticator-parts.js';
import { endAll, operatorOf, perpetua, poll, temporaryFolder } from '../support/built-program.js';
import type { Operator, Run } from '../support/built-program.js';
import { startNodeProxy, type NodeProxy } from '../support/node-proxy.js';
import { ownerOn, type Owner } from '../support/owner-account.js';
import { addressOfHex, startPeer, type Peer } from '../support/signing-peer.js';

const PASSPHRASE = 'correct horse battery staple';
const PROVIDER_KEY = 'f00dfeedf00dfeedf00d';
const ownerKey = keyFromSeed('an owner');
const traderKey = keyFromSeed('a trader');
const traderBytes = unwrap(readPrivateKey(traderKey));
const owner = addressOfHex(ownerKey);
const folder = temporaryFolder();
const settings = join(folder, 'perpetua.yaml');
let peer: Peer;
let account: Owner;
let node: NodeProxy;
let chosen = '';

beforeAll(async () => {
  peer = await startPeer(2);
  await peer.fund(owner);
  node = await startNodeProxy(peer.devnet.urls.rpc);
  account = await ownerOn(peer.devnet, ownerKey);
  chosen = await account.authorize(tradingOnly(publicKeyOf(traderBytes)));
  const keystore = await sealKeystore({
    privateKey: traderBytes,
    passphrase: PASSPHRASE,
    chance: (length) => new Uint8Array(length).fill(9),
    derivation: { opsLimit: 1, memLimitKib: 64 },
  });
  writeFileSync(join(folder, 'trader.json'), JSON.stringify(keystore), { mode: 0o600 });
  const { rest, socket } = peer.devnet.urls;
  const strategy = '{name: sniper, minConfidence: 0.05, maxHoldSeconds: 1, coolDownSeconds: 0.5}';
  const text = `
markets: [BTC-USD]
strategies: [${strategy}]
account: {address: ${owner}, keyFile: ${join(folder, 'trader.json')}, authenticator: ${chosen}}
admin: {port: 0}
journal: {path: ${join(folder, 'journal')}}
endpoints:
  restUrls: ['http://127.0.0.1:1/v4', '${rest}/v4']
  socketUrls: ['ws://127.0.0.1:1/v4/ws', '${socket}']
  rpcUrls: ['http://127.0.0.1:1/', '${node.url}/?key=${PROVIDER_KEY}']
`;
  writeFileSync(settings, text.replace(`${rest}/v4`, `${rest.replace(/\/v4$/, '')}/v4`));
});

afterAll(async () => {
  await endAll();
  await node.close();
  await peer.close();
});

function service(passphrase: string): Run {
  const run = perpetua(['run', '--config', settings, '--passphrase-fd', '0', '--json']);
  run.child.stdin?.end(`${passphrase}\n`);
  return run;
}

/** All frames of the inspector from now on. */
async function inspect(greeting: string, { post }: Operator): Promise<readonly string[]> {
  const [, authority] = /API\s+http:\/\/([\w.:]+)\//.exec(greeting) ?? [];
  const { body } = await post('/inspect/ticket', {});
  const { ticket } = body as { ticket: string };
  const protocols = ['perpetua.inspect', `ticket.${ticket}`];
  const frames: string[] = [];
  const viewer = new WebSocket(`ws://${authority}/inspect/ws`, protocols);
  viewer.on('message', (frame: Buffer) => frames.push(frame.toString()));
  viewer.on('error', () => undefined);
  await once(viewer, 'open');
  return frames;
}

const filesBelow = (path: string): string =>
  readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

it("trades for its owner's account, past dead addresses, and lets no secret out", async () => {
  const run = service(PASSPHRASE);
  const operator = await operatorOf(run.err, run.until);
  const inspected = await inspect(run.err(), operator);
  await run.until(/"state":"trading"/, 60_000);
  const orders = await poll(
    'a filled order',
    async () => {
      const all = await operator.get<OrderState[]>('/v1/orders');
      return all.some(({ state }) => state === 'closed.filled') ? all : undefined;
    },
    60_000,
  );
  const state = await operator.get<ServiceState>('/v1/state');
  expect(state.address).toBe(owner);
  const health = state.endpoints.map(({ kind, rank, state: how }) => `${kind} ${rank} ${how}`);
  expect(health).toEqual([
    'rest 0 failing',
    'rest 1 healthy',
    'socket 0 failing',
    'socket 1 healthy',
    'rpc 0 failing',
    'rpc 1 healthy',
  ]);
  expect(node.broadcasts.length).toBeGreaterThan(0);
  const paths = ['risk', 'decisions', 'signals', 'positions', 'markets', 'scorecard'];
  const replies = await Promise.all(paths.map((path) => operator.get(`/v1/${path}`)));
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  const left = [
    run.out(),
    run.err(),
    JSON.stringify([orders, state, replies]),
    ...inspected,
    filesBelow(join(folder, 'journal')),
  ].join('\n');
  expect(left).toContain(owner);
  expect(inspected.length).toBeGreaterThan(10);
  const bytes = Buffer.from(traderBytes);
  for (const secret of [
    PASSPHRASE,
    PROVIDER_KEY,
    traderKey,
    traderKey.toUpperCase(),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('latin1'),
  ]) {
    expect(left.includes(secret)).toBe(false);
  }
}, 120_000);

it('ends with 78 and words when the passphrase is wrong', async () => {
  const run = service('not the passphrase');
  expect(await run.ended).toBe(78);
  expect(run.err()).toContain('the passphrase is wrong, or the file has been changed');
  expect(run.err()).not.toContain('not the passphrase');
}, 60_000);

it('ends with 78 and words when the key could do more than trade', async () => {
  const more = await account.authorize(
    allOf(signature(publicKeyOf(traderBytes)), messages(PLACE, TRANSFER)),
  );
  const sent = node.broadcasts.length;
  const run = service(PASSPHRASE);
  expect(await run.ended).toBe(78);
  expect(run.err()).toContain(`authenticator ${more} lets the key send ${TRANSFER}`);
  expect(node.broadcasts.length).toBe(sent);
}, 60_000);
