/** Blocks and executed transactions as CometBFT 0.38 writes them. */
import { TxMsgData } from 'cosmjs-types/cosmos/base/abci/v1beta1/abci.js';
import { sha256Hex } from '../indexer/venue-ids.codec.js';
import { isoText } from '../indexer/wire-units.js';
import { ownerOf } from './ante.codec.js';
import type { ArchivedBlock, BlockArchive, ExecutedTransaction } from './block-archive.codec.js';
import { feeText } from './coins.js';
import type { EventMap } from './event-query.js';
import { accountplus, encodeWith } from './proto-codecs.codec.js';

interface Event {
  readonly type: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: string;
    readonly index: boolean;
  }[];
}

/** The one validator of this chain. */
export const VALIDATOR_ADDRESS = sha256Hex('validator').slice(0, 40);
const VALIDATORS_HASH = sha256Hex('validators');
const CONSENSUS_HASH = sha256Hex('consensus parameters');
const NO_EVIDENCE_HASH = sha256Hex('');

const partsOf = (hash: string) => ({ total: 1, hash: sha256Hex(`parts/${hash}`) });
const blockId = (hash: string) => ({ hash, parts: partsOf(hash) });

/** A function of the block before, as the state after it is. */
export const appHash = ({ previousHash }: ArchivedBlock): string =>
  sha256Hex(`app/${previousHash}`);

export const headerObject = (chainId: string, block: ArchivedBlock): object => ({
  version: { block: '11', app: '0' },
  chain_id: chainId,
  height: String(block.height),
  time: isoText(block.timeMs),
  last_block_id: blockId(block.previousHash),
  last_commit_hash: sha256Hex(`commit/${block.previousHash}`),
  data_hash: block.dataHash,
  validators_hash: VALIDATORS_HASH,
  next_validators_hash: VALIDATORS_HASH,
  consensus_hash: CONSENSUS_HASH,
  app_hash: appHash(block),
  last_results_hash: sha256Hex(`results/${block.previousHash}`),
  evidence_hash: NO_EVIDENCE_HASH,
  proposer_address: VALIDATOR_ADDRESS,
});

export const blockObject = (chainId: string, archive: BlockArchive, block: ArchivedBlock) => ({
  block_id: blockId(block.hash),
  block: {
    header: headerObject(chainId, block),
    data: { txs: archive.transactionBytes(block).map(base64) },
    evidence: { evidence: [] },
    last_commit: {
      height: String(block.height - 1),
      round: 0,
      block_id: blockId(block.previousHash),
      signatures: [],
    },
  },
});

/** Of what gives nothing that a client could use: operations, a transaction not yet executed. */
export const EMPTY_RESULT = {
  code: 0,
  data: null,
  log: '',
  info: '',
  gas_wanted: '0',
  gas_used: '0',
  events: [],
  codespace: '',
};

export const resultObjects = (block: ArchivedBlock): readonly object[] => [
  EMPTY_RESULT,
  ...block.transactions.map(resultObject),
];

export function resultObject(executed: ExecutedTransaction) {
  const { code, codespace, log } = executed.result;
  return {
    code,
    data: code === 0 ? base64(responsesOf(executed)) : null,
    log,
    info: '',
    gas_wanted: String(executed.transaction.fee.gasLimit),
    gas_used: String(executed.gasUsed),
    events: eventsOf(executed),
    codespace,
  };
}

export const transactionObject = (executed: ExecutedTransaction): object => ({
  hash: executed.hash,
  height: String(executed.height),
  index: executed.index,
  tx_result: resultObject(executed),
  tx: base64(executed.bytes),
});

/** Empty responses, but for those that say more. */
function responsesOf({ transaction }: ExecutedTransaction): Uint8Array {
  const msgResponses = transaction.messages.map(({ typeUrl }) => ({
    typeUrl: `${typeUrl}Response`,
    value: SUCCESS_RESPONSES.get(typeUrl) ?? new Uint8Array(),
  }));
  return TxMsgData.encode(TxMsgData.fromPartial({ msgResponses })).finish();
}

const SUCCESS_RESPONSES: ReadonlyMap<string, Uint8Array> = new Map([
  [
    '/dydxprotocol.accountplus.MsgAddAuthenticator',
    encodeWith(accountplus.MsgAddAuthenticatorResponse, { success: true }),
  ],
  [
    '/dydxprotocol.accountplus.MsgRemoveAuthenticator',
    encodeWith(accountplus.MsgRemoveAuthenticatorResponse, { success: true }),
  ],
]);

/** Of the checks before execution, and of each message if all succeeded. */
function eventsOf({ transaction, result }: ExecutedTransaction): readonly Event[] {
  const owner = ownerOf(transaction);
  const [signature = new Uint8Array()] = transaction.signatures;
  const sequence = transaction.signers[0]?.sequence ?? 0n;
  const before = [
    event('tx', { fee: feeText(transaction.fee), fee_payer: owner }),
    event('tx', { acc_seq: `${owner}/${sequence}` }),
    event('tx', { signature: base64(signature) }),
  ];
  if (result.code !== 0) return before;
  const messages = transaction.messages.map(({ typeUrl, signer }, index) =>
    event('message', { action: typeUrl, sender: signer, msg_index: String(index) }),
  );
  return [...before, ...messages];
}

const event = (type: string, attributes: Readonly<Record<string, string>>): Event => ({
  type,
  attributes: Object.entries(attributes).map(([key, value]) => ({ key, value, index: true })),
});

export function eventMapOf(executed: ExecutedTransaction): EventMap {
  const events = new Map<string, readonly string[]>([
    ['tm.event', ['Tx']],
    ['tx.hash', [executed.hash]],
    ['tx.height', [String(executed.height)]],
  ]);
  for (const { type, attributes } of eventsOf(executed)) {
    for (const { key, value } of attributes) {
      const name = `${type}.${key}`;
      events.set(name, [...(events.get(name) ?? []), value]);
    }
  }
  return events;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
