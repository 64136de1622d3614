/**
 * The signing thread: the one file that loads the client library of dYdX, and the place where the
 * key is used. Messages in, answers out; each is answered exactly once and within the deadline.
 */
import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import Long from 'long';
import type * as Library from '@dydxprotocol/v4-client-js';
import { unixMs, type UnixMs } from '../model/quantities.js';
import type { SendAnswer } from '../ports/venue.js';
import { answerOfFault } from './broadcast-faults.js';
import type { Refusal } from './check-tx-codes.js';
import { offlineSigner } from './offline-signer.codec.js';
import { refusal, type FromSigner, type SendMessage } from './signer-messages.js';
import type { SignerData, ToSigner } from './signer-messages.js';

const BROADCAST_DEADLINE_MS = 2000;
const ACCOUNT_DEADLINE_MS = 5000;
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 10_000;
/** So many broadcasts in a row without the word of the node lead to the next one. */
const FAULTS_MAX = 3;
const MEMO = 'perpetua';
const SHORT_TERM = 0;
const FREE = true;

// The ES modules of the library cannot be loaded by Node: their imports lack file extensions.
const dydx = createRequire(import.meta.url)('@dydxprotocol/v4-client-js') as typeof Library;

type ValidatorClient = Library.ValidatorClient;
type SubaccountInfo = Library.SubaccountInfo;
type Encoded = Parameters<ValidatorClient['post']['sign']>[1];

type Send = (message: SendMessage) => Promise<SendAnswer>;

const data = workerData as SignerData;
const signer = offlineSigner(data.privateKey);
data.privateKey.fill(0);

const say = (message: FromSigner): void => parentPort?.postMessage(message);
const wallNow = (): UnixMs => unixMs(performance.timeOrigin + performance.now());
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
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

let send: Send | undefined;
let attempts = 0;
let faults = 0;
let unanswered = 0;
const closing = new AbortController();

parentPort?.on('message', (message: ToSigner) => {
  if (message.type === 'send') void answer(message.id, message.message);
  else closing.abort();
  closeWhenDone();
});

async function answer(id: number, message: SendMessage): Promise<void> {
  unanswered += 1;
  const unsent: SendAnswer = { type: 'unsent', reason: 'no node tells the account number' };
  say({ type: 'answer', id, answer: (await send?.(message)) ?? unsent });
  unanswered -= 1;
  closeWhenDone();
}

function closeWhenDone(): void {
  if (closing.signal.aborted && unanswered === 0) parentPort?.close();
}

/** Tries the nodes in turn until one of them tells the account number. */
async function connect(): Promise<void> {
  send = undefined;
  const wallet = await dydx.LocalWallet.fromOfflineSigner(signer);
  const owner = dydx.SubaccountInfo.forLocalWallet(wallet, data.subaccountNumber);
  for (let failures = 0; !closing.signal.aborted; failures += 1) {
    const url = data.rpcUrls[attempts % data.rpcUrls.length] ?? '';
    attempts += 1;
    try {
      const client = await withDeadline(connectTo(url), ACCOUNT_DEADLINE_MS);
      const asked = client.get.getAccount(owner.address);
      const { accountNumber } = await withDeadline(asked, ACCOUNT_DEADLINE_MS);
      send = sendBy(client, owner, accountNumber);
      return say({ type: 'ready' });
    } catch (error) {
      say({ type: 'waiting', reason: textOf(error) });
      await pause(Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(failures, 10)));
    }
  }
}

/** A node that stays silent may be dead: the next one is asked, until then nothing is signed. */
function judge(answer: Refusal | { readonly type: 'accepted' }): void {
  const isSilent = answer.type === 'unknown' || answer.type === 'unsent';
  faults = isSilent ? faults + 1 : 0;
  if (faults < FAULTS_MAX || send === undefined) return;
  faults = 0;
  void connect();
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

/** The sequence of short-term messages is not checked, so it is 0 and they may overlap. */
function sendBy(client: ValidatorClient, owner: SubaccountInfo, accountNumber: number): Send {
  const { post } = client;
  const account = { address: owner.address, pubkey: null, accountNumber, sequence: 0 };
  const sign = (encoded: Encoded): Promise<Uint8Array> =>
    post.sign(owner, encoded, FREE, undefined, MEMO, async () => account);
  return async (message) => {
    const refused = refusal(message, { now: wallNow(), orderNotionalMax: data.orderNotionalMax });
    if (refused !== undefined) return { type: 'unsent', reason: refused };
    const bytes = await sign(async () => [encode(post.composer, owner, message)]).catch(textOf);
    if (typeof bytes === 'string') return { type: 'unsent', reason: `not signed: ${bytes}` };
    const txHash = createHash('sha256').update(bytes).digest('hex').toUpperCase();
    const broadcastAt = wallNow();
    const answer = await withDeadline(
      post.sendSignedTransaction(bytes),
      BROADCAST_DEADLINE_MS,
    ).then(
      () => ({ type: 'accepted' }) as const,
      (error: unknown) => answerOfFault(message.type, error),
    );
    judge(answer);
    return answer.type === 'accepted' ? { ...answer, txHash, broadcastAt } : answer;
  };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Composer = ValidatorClient['post']['composer'];

function encode(composer: Composer, owner: SubaccountInfo, message: SendMessage) {
  const { clientId, clobPairId, goodTilBlock } = message;
  const { address, subaccountNumber } = owner;
  if (message.type === 'cancel') {
    return composer.composeMsgCancelOrder(
      address,
      subaccountNumber,
      clientId,
      clobPairId,
      SHORT_TERM,
      goodTilBlock,
      0,
    );
  }
  return composer.composeMsgPlaceOrder(
    address,
    subaccountNumber,
    clientId,
    clobPairId,
    SHORT_TERM,
    goodTilBlock,
    0,
    message.side,
    Long.fromString(message.quantums, true),
    Long.fromString(message.subticks, true),
    message.timeInForce,
    message.reduceOnly,
    0,
  );
}

say({ type: 'loaded' });
await connect();
