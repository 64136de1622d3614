/** The owner of an account on a devnet, with the unmodified client: adds authenticators for others. */
import type { Devnet } from '../../src/simulator/devnet.server.js';
import type { Part } from './authenticator-parts.js';
import { poll } from './built-program.js';
import { client, networkOf } from './real-client.js';

export interface Owner {
  /** By the owner's own transaction; resolves with its number when the chain has it. */
  authorize(part: Part): Promise<string>;
  /** Resolves when the chain has it no more. */
  revoke(id: string): Promise<void>;
}

export async function ownerOn(devnet: Devnet, privateKey: string): Promise<Owner> {
  const composite = await client.CompositeClient.connect(networkOf(devnet));
  const wallet = await client.LocalWallet.fromPrivateKey(privateKey, client.BECH32_PREFIX);
  const own = client.SubaccountInfo.forLocalWallet(wallet, 0);
  const known = async () => (await composite.getAuthenticators(own.address)).accountAuthenticators;
  return {
    authorize: async ({ type, config }) => {
      const { length } = await known();
      await composite.addAuthenticator(own, type as never, config);
      return poll('the authenticator', async () => (await known())[length]?.id.toString());
    },
    revoke: async (id) => {
      await composite.removeAuthenticator(own, id);
      const isGone = async () => (await known()).every((one) => one.id.toString() !== id);
      await poll('the end of the authenticator', async () => (await isGone()) || undefined);
    },
  };
}
