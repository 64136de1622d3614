/** A trading key over real sockets: it trades for its owner's account, or is not let sign at all. */
import { filter, firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undiciHttp } from '../../src/connection/undici-http.client.js';
import { indexerReads } from '../../src/dydx/indexer.client.js';
import { keyFromSeed, publicKeyOf, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { embeddedNetwork } from '../../src/dydx/networks.js';
import { blockHeight } from '../../src/model/quantities.js';
import { unwrap } from '../../src/model/result.js';
import {
  allOf,
  CANCEL,
  messages,
  PLACE,
  signature,
  tradingOnly,
  WITHDRAW,
} from '../support/authenticator-parts.js';
import { ownerOn, type Owner } from '../support/owner-account.js';
import { addressOfHex, restingOrder, settled, soon, startPeer } from '../support/signing-peer.js';
import type { Peer } from '../support/signing-peer.js';
import { btc } from './samples.js';

const ownerKey = keyFromSeed('owner');
const traderKey = keyFromSeed('trader');
const owner = addressOfHex(ownerKey);
const trader = addressOfHex(traderKey);
const publicKey = publicKeyOf(unwrap(readPrivateKey(traderKey)));
const http = undiciHttp();
let peer: Peer;
let account: Owner;

beforeAll(async () => {
  peer = await startPeer();
  await peer.fund(owner);
  account = await ownerOn(peer.devnet, ownerKey);
});

afterAll(async () => {
  await peer.close();
  await http.close();
});

const signFor = (authenticator: string) =>
  peer.sign({
    key: { type: 'plain', privateKey: traderKey },
    account: { address: owner, subaccountNumber: 0, signer: trader, authenticator },
  });

const readsOf = () =>
  indexerReads({
    network: embeddedNetwork(peer.devnet.port),
    http,
    clock: peer.clock,
    subaccount: { address: owner, number: 0 },
    specOf: () => btc,
  });

describe('a trading key', () => {
  it('that its owner takes away while it trades is not let sign any more', async () => {
    const chosen = await account.authorize(tradingOnly(publicKey));
    const signer = signFor(chosen);
    expect(await settled(signer)).toBe('ready');
    await account.revoke(chosen);
    const goodTilBlock = blockHeight((await firstValueFrom(readsOf().chainHeight())) + 10);
    const order = restingOrder(9, { address: owner, number: 0 }, { goodTilBlock });
    expect(await firstValueFrom(signer.place(order, btc, soon()))).toMatchObject({
      type: 'rejected',
    });
    await firstValueFrom(signer.state$.pipe(filter((state) => state === 'refused')));
    expect(signer.refusal).toMatchObject({ code: 'authenticator.missing' });
    expect(await firstValueFrom(signer.place(order, btc, soon()))).toMatchObject({
      type: 'unsent',
    });
  }, 60_000);

  it("trades for its owner's account, and is refused once it could withdraw", async () => {
    const chosen = await account.authorize(tradingOnly(publicKey));
    const signer = signFor(chosen);
    expect(await settled(signer)).toBe('ready');
    expect(signer.address).toBe(owner);
    const subaccount = { address: owner, number: 0 };
    const reads = readsOf();
    const goodTilBlock = blockHeight((await firstValueFrom(reads.chainHeight())) + 30);
    const order = restingOrder(1, subaccount, { goodTilBlock });
    expect(await firstValueFrom(signer.place(order, btc, soon()))).toMatchObject({
      type: 'accepted',
    });
    expect(await firstValueFrom(reads.openOrders())).toMatchObject([{ orderId: order.orderId }]);
    expect(await firstValueFrom(signer.cancel(order, btc))).toMatchObject({ type: 'accepted' });
    expect(await firstValueFrom(reads.openOrders())).toEqual([]);

    const more = await account.authorize(
      allOf(signature(publicKey), messages(PLACE, CANCEL, WITHDRAW)),
    );
    const words = `authenticator ${more} lets the key send ${WITHDRAW}`;
    // Also by the one that is well: the key could use either.
    const refused = signFor(chosen);
    expect(await settled(refused)).toBe('refused');
    expect(refused.refusal).toMatchObject({
      code: 'authenticator.permits-more',
      message: expect.stringContaining(words) as string,
    });
    expect(await firstValueFrom(refused.place(order, btc, soon()))).toMatchObject({
      type: 'unsent',
      reason: expect.stringContaining(words) as string,
    });
    expect(await firstValueFrom(reads.openOrders())).toEqual([]);
  }, 60_000);

  it('is refused when its authenticator is not on the chain, and a wrong key always', async () => {
    const stranger = addressOfHex(keyFromSeed('stranger'));
    const missing = peer.sign({
      key: { type: 'plain', privateKey: keyFromSeed('stranger') },
      account: { address: owner, subaccountNumber: 0, signer: stranger, authenticator: '99' },
    });
    const wrong = peer.sign({
      key: { type: 'plain', privateKey: ownerKey },
      account: { address: owner, subaccountNumber: 0, signer: trader, authenticator: undefined },
    });
    expect(await settled(missing)).toBe('refused');
    expect(missing.refusal).toMatchObject({ code: 'authenticator.missing' });
    expect(await settled(wrong)).toBe('refused');
    expect(wrong.refusal).toMatchObject({ code: 'key.address' });
    const told = peer.logged.join('\n');
    for (const secret of [ownerKey, traderKey]) expect(told).not.toContain(secret);
  }, 60_000);
});
