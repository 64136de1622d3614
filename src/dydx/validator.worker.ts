/**
 * The signing thread: the one file that loads the client library of dYdX, and the only place where
 * the key is ever open. Typed messages in, answers out; each is answered once, within its deadline.
 *
 * 1. A message is checked against the thread's own limits, with what a node has told the thread.
 * 2. It is signed once and broadcast once, to the node that it names: whatever becomes of that, no
 *    other node ever sees its bytes.
 * 3. A trading key is proved to be no more than that before the first message, or none is signed.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import Long from 'long';
import type * as Library from '@dydxprotocol/v4-client-js';
import { unixMs, type UnixMs } from '../model/quantities.js';
import { fail, type Result } from '../model/result.js';
import type { SendAnswer } from '../ports/venue.js';
import { answerOfFault } from './broadcast-faults.js';
import type { Refusal } from './check-tx-codes.js';
import { withoutAddresses } from './endpoint-pool.js';
import { addressOfKey, publicKeyOf, readPrivateKey } from './keys.codec.js';
import { readKeystore } from './keystore-form.js';
import { openKeystore } from './keystore.codec.js';
import { KnownHeight } from './known-height.js';
import { offlineSigner, type OfflineSigner } from './offline-signer.codec.js';
import { ORDER_FLAGS } from './order-id.codec.js';
import { refusal, wantsHeight, type ChainMarket, type Circumstances } from './signer-limits.js';
import { needsSequence, type SendMessage } from './signer-messages.js';
import type { FromSigner, KeySource, SignerData, ToSigner } from './signer-messages.js';
import { nextNonce } from './timestamp-nonce.js';
import { checkTradingKey } from './trading-permission.codec.js';

const BROADCAST_DEADLINE_MS = 2000;
const CONNECT_DEADLINE_MS = 2000;
const READ_DEADLINE_MS = 5000;
/** Of a height that a message waits for: with connecting and broadcasting, within its deadline. */
const HEIGHT_DEADLINE_MS = 500;
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 10_000;
const HEIGHT_EVERY_MS = 2000;
/** Markets are read again when an unknown one is asked for, but not more often. */
const MARKETS_EVERY_MS = 60_000;
const MEMO = 'perpetua';
const FREE = true;

// The ES modules of the library cannot be loaded by Node: their imports lack file extensions.
const dydx = createRequire(import.meta.url)('@dydxprotocol/v4-client-js') as typeof Library;

type ValidatorClient = Library.ValidatorClient;
type SubaccountInfo = Library.SubaccountInfo;
type Encoded = Parameters<ValidatorClient['post']['sign']>[1];
type Markets = ReadonlyMap<number, ChainMarket>;

interface Account {
  readonly info: SubaccountInfo;
  readonly accountNumber: number;
}
type Answer = Omit<Extract<FromSigner, { type: 'answer' }>, 'type' | 'id'>;

/** A thread that was started ahead is told by its first message. */
const born = workerData as SignerData | null | undefined;
const data =
  born ??
  (await new Promise<SignerData>((resolve) => {
    parentPort?.once('message', resolve);
  }));
const say = (message: FromSigner): void => parentPort?.postMessage(message);
const wallNow = (): UnixMs => unixMs(performance.timeOrigin + performance.now());
const textOf = (error: unknown): string =>
  withoutAddresses(error instanceof Error ? error.message : String(error));
/** Holds no thread alive that has been told to end. */
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const closing = new AbortController();
let account: Account | undefined;
let publicKey: Uint8Array | undefined;
let markets: Markets = new Map();
let marketsAt = 0;
const heights = new KnownHeight({ nodes: data.rpcUrls.length, read: readHeight, now: wallNow });
let unanswered = 0;
let lastNonce = 0;

parentPort?.on('message', (message: ToSigner) => {
  if (message.type === 'send') void answer(message);
  else if (message.type === 'ping') say({ type: 'pong' });
  else if (message.type === 'prove') void proveAgain();
  else closing.abort();
  closeWhenDone();
});

async function answer({ id, message, node }: Extract<ToSigner, { type: 'send' }>): Promise<void> {
  unanswered += 1;
  const given = await send(message, node).catch((error: unknown): Answer => {
    return { answer: { type: 'unknown', reason: `the signing thread failed: ${textOf(error)}` } };
  });
  say({ type: 'answer', id, ...given });
  unanswered -= 1;
  closeWhenDone();
}

function closeWhenDone(): void {
  if (closing.signal.aborted && unanswered === 0) parentPort?.close();
}

function refuse(code: string, reason: string): void {
  say({ type: 'refused', code, reason });
  closing.abort();
  closeWhenDone();
}

// ── Nodes ──────────────────────────────────────────────────────────────────────────────────────

const clients = new Map<number, Promise<ValidatorClient>>();

/** Connects once to each node; a failure is tried anew by the next who asks. */
function clientOf(node: number): Promise<ValidatorClient> {
  const known = clients.get(node);
  if (known !== undefined) return known;
  const connecting = withDeadline(connectTo(data.rpcUrls[node] ?? ''), CONNECT_DEADLINE_MS);
  clients.set(node, connecting);
  connecting.catch(() => clients.delete(node));
  return connecting;
}

/** Denominations are for fees, which orders do not pay. */
function connectTo(url: string): Promise<ValidatorClient> {
  const denoms = {
    USDC_DENOM: 'ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5',
    USDC_DECIMALS: 6,
    CHAINTOKEN_DENOM: 'adydx',
    CHAINTOKEN_DECIMALS: 18,
  };
  const config = new dydx.ValidatorConfig(url, data.chainId, denoms, undefined, MEMO);
  return dydx.ValidatorClient.connect(config);
}

async function readHeight(node: number): Promise<number> {
  const answered = await fetch(data.rpcUrls[node] ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status', params: {} }),
    signal: AbortSignal.timeout(CONNECT_DEADLINE_MS),
  });
  const { result } = (await answered.json()) as {
    readonly result?: {
      readonly node_info?: { readonly network?: unknown };
      readonly sync_info?: { readonly latest_block_height?: unknown };
    };
  };
  const chainId = result?.node_info?.network;
  if (chainId !== data.chainId) throw new Error(`expected ${data.chainId}, was ${String(chainId)}`);
  return Number(result?.sync_info?.latest_block_height);
}

async function watchHeight(): Promise<void> {
  while (!closing.signal.aborted) {
    await pause(HEIGHT_EVERY_MS);
    await heights.poll();
  }
}

async function readMarkets(client: ValidatorClient): Promise<Markets> {
  const [{ clobPair }, { perpetual }] = await Promise.all([
    client.get.getAllClobPairs(),
    client.get.getAllPerpetuals(),
  ]);
  const tickers = new Map(perpetual.map(({ params }) => [params?.id, params?.ticker]));
  const known = clobPair.flatMap((pair): [number, ChainMarket][] => {
    const ticker = tickers.get(pair.perpetualClobMetadata?.perpetualId);
    const notionalExponent = pair.quantumConversionExponent;
    return ticker === undefined ? [] : [[pair.id, { ticker, notionalExponent }]];
  });
  return new Map(known);
}

// ── The account ────────────────────────────────────────────────────────────────────────────────

async function openKey(source: KeySource): Promise<Result<Uint8Array>> {
  switch (source.type) {
    case 'plain':
      return readPrivateKey(source.privateKey);
    case 'credential':
      return readPrivateKey(readFileSync(source.path, 'latin1'));
    case 'keystore': {
      const keystore = readKeystore(source.text);
      return keystore.ok ? openKeystore(keystore.value, source.passphrase) : keystore;
    }
  }
}

async function unlock(): Promise<Result<{ signer: OfflineSigner; publicKey: Uint8Array }>> {
  const key = await openKey(data.key).catch((error: unknown) => fail('key.file', textOf(error)));
  if (!key.ok) return key;
  const own = addressOfKey(key.value);
  if (own !== data.account.signer) {
    return fail('key.address', `expected the key of ${data.account.signer}, was that of ${own}`);
  }
  const unlocked = { signer: offlineSigner(key.value), publicKey: publicKeyOf(key.value) };
  key.value.fill(0);
  return { ok: true, value: unlocked };
}

/** Tries the nodes in turn until one of them has told everything. */
async function start(): Promise<void> {
  const unlocked = await unlock();
  if (!unlocked.ok) return refuse(unlocked.error.code, unlocked.error.message);
  const { signer } = unlocked.value;
  publicKey = unlocked.value.publicKey;
  const { address, subaccountNumber, authenticator } = data.account;
  const wallet = await dydx.LocalWallet.fromOfflineSigner(signer);
  const info =
    authenticator === undefined
      ? dydx.SubaccountInfo.forLocalWallet(wallet, subaccountNumber)
      : dydx.SubaccountInfo.forPermissionedWallet(wallet, address, subaccountNumber, [
          Long.fromString(authenticator, true),
        ]);
  for (let failures = 0; !closing.signal.aborted; failures += 1) {
    const node = failures % data.rpcUrls.length;
    heights.turnTo(node);
    try {
      const fault = await learn(node, info);
      if (fault !== undefined) return refuse(fault.code, fault.message);
      say({ type: 'ready' });
      return await watchHeight();
    } catch (error) {
      say({ type: 'waiting', reason: textOf(error) });
      await pause(Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(failures, 10)));
    }
  }
}

async function learn(node: number, info: SubaccountInfo) {
  const client = await clientOf(node);
  const reads = Promise.all([
    client.get.getAccount(info.address),
    readMarkets(client),
    heights.ask(node),
    proveTradingKey(client),
  ]);
  const [{ accountNumber }, told, , proof] = await withDeadline(reads, READ_DEADLINE_MS);
  if (!proof.ok) return proof.error;
  markets = told;
  marketsAt = wallNow();
  account = { info, accountNumber };
  return undefined;
}

/** Not let sign any more as soon as a node says so; a node that says nothing proves nothing. */
async function proveAgain(): Promise<void> {
  try {
    const client = await clientOf(heights.node);
    const proof = await withDeadline(proveTradingKey(client), READ_DEADLINE_MS);
    if (!proof.ok) refuse(proof.error.code, proof.error.message);
  } catch (error) {
    say({ type: 'waiting', reason: textOf(error) });
  }
}

async function proveTradingKey(client: ValidatorClient) {
  const { address, authenticator } = data.account;
  if (authenticator === undefined || publicKey === undefined) return { ok: true } as const;
  const { accountAuthenticators } = await client.get.getAuthenticators(address);
  const authenticators = accountAuthenticators.map(({ id, type, config }) => {
    return { id: id.toString(), type, config };
  });
  return checkTradingKey({ authenticators, chosen: authenticator, publicKey });
}

// ── Sending ────────────────────────────────────────────────────────────────────────────────────

const unsent = (reason: string): Answer => ({ answer: { type: 'unsent', reason } });
const BLAMELESS: ReadonlySet<SendAnswer['type']> = new Set(['accepted', 'rejected']);

async function send(message: SendMessage, node: number): Promise<Answer> {
  if (account === undefined) return unsent('no node tells the account number');
  const nonce = (lastNonce = nextNonce(lastNonce, wallNow()));
  // The node that is to take it may know of blocks that the one asked by turns does not.
  const isTooFar = wantsHeight(message, data.limits, circumstances(nonce));
  if (isTooFar) await withDeadline(heights.ask(node), HEIGHT_DEADLINE_MS).catch(() => undefined);
  const early = refused(message, nonce);
  if (early !== undefined) return unsent(early);
  const client = await clientOf(node).catch(textOf);
  // Connecting asks for the status only: no byte of the message has left.
  if (typeof client === 'string') return { ...unsent(client), nodeFault: client };
  const bytes = await sign(client, account, { message, nonce }).catch(textOf);
  if (typeof bytes === 'string') return unsent(`not signed: ${bytes}`);
  const late = refused(message, nonce);
  if (late !== undefined) return unsent(late);
  return broadcast(client, bytes, { message, node });
}

/** Learns of new markets when one is asked for that it does not know. */
function refused(message: SendMessage, nonce: number): string | undefined {
  const now = wallNow();
  const isUnknown = message.type === 'place' && !markets.has(message.clobPairId);
  if (isUnknown && now - marketsAt > MARKETS_EVERY_MS) {
    marketsAt = now;
    void clientOf(heights.node)
      .then(readMarkets)
      .then((told) => (markets = told))
      .catch(() => undefined);
  }
  return refusal(message, data.limits, circumstances(nonce));
}

function circumstances(nonce: number): Circumstances {
  const { height, heightAt } = heights;
  return { now: wallNow(), height, heightAt, markets, nonce };
}

/** The sequence of short-term messages is not checked, so it is 0: all messages may overlap. */
function sign(
  { post }: ValidatorClient,
  { info, accountNumber }: Account,
  { message, nonce }: { readonly message: SendMessage; readonly nonce: number },
): Promise<Uint8Array> {
  const sequence = needsSequence(message) ? nonce : 0;
  const signing = { address: info.address, pubkey: null, accountNumber, sequence };
  const encoded: Encoded = async () => [encode(post.composer, info.address, message)];
  return post.sign(info, encoded, FREE, undefined, MEMO, async () => signing);
}

async function broadcast(
  { post }: ValidatorClient,
  bytes: Uint8Array,
  { message, node }: { readonly message: SendMessage; readonly node: number },
): Promise<Answer> {
  const txHash = createHash('sha256').update(bytes).digest('hex').toUpperCase();
  const broadcastAt = wallNow();
  const kind = message.type === 'cancel' ? 'cancel' : 'place';
  const judged = await withDeadline(post.sendSignedTransaction(bytes), BROADCAST_DEADLINE_MS).then(
    () => ({ type: 'accepted' }) as const,
    (error: unknown): Refusal | { readonly type: 'accepted' } => answerOfFault(kind, error),
  );
  const latencyMs = wallNow() - broadcastAt;
  if (BLAMELESS.has(judged.type)) heights.turnTo(node);
  if (judged.type === 'accepted') return { answer: { ...judged, txHash, broadcastAt }, latencyMs };
  if (judged.type === 'rejected') return { answer: judged, latencyMs };
  const reason = withoutAddresses(judged.reason);
  return { answer: { ...judged, reason }, nodeFault: reason, latencyMs };
}

type Composer = ValidatorClient['post']['composer'];

function encode(composer: Composer, owner: string, message: SendMessage) {
  const { subaccountNumber } = message;
  if (message.type === 'batchCancel') {
    const cancels = message.cancels.map(({ clobPairId, clientIds }) => {
      return { clobPairId, clientIds: [...clientIds] };
    });
    const { goodTilBlock } = message;
    return composer.composeMsgBatchCancelShortTermOrders(
      owner,
      subaccountNumber,
      cancels,
      goodTilBlock,
    );
  }
  const { clientId, clobPairId, orderFlags } = message;
  const id = [owner, subaccountNumber, clientId, clobPairId, orderFlags] as const;
  const end: readonly [block: number, time: number] =
    message.orderFlags === ORDER_FLAGS.shortTerm
      ? [message.goodTilBlock, 0]
      : [0, message.goodTilBlockTime];
  if (message.type === 'cancel') return composer.composeMsgCancelOrder(...id, ...end);
  const isConditional = message.orderFlags === ORDER_FLAGS.conditional;
  return composer.composeMsgPlaceOrder(
    ...id,
    ...end,
    message.side,
    Long.fromString(message.quantums, true),
    Long.fromString(message.subticks, true),
    message.timeInForce,
    message.reduceOnly,
    0,
    isConditional ? message.conditionType : 0,
    Long.fromString(isConditional ? message.triggerSubticks : '0', true),
  );
}

say({ type: 'loaded' });
await start();
