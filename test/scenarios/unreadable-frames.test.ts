/** A frame that cannot be read is kept, counted and made up for: a book is asked for anew, an account swept. */
import { expect, it } from 'vitest';
import { ACCOUNT } from '../support/exchange-ground.js';
import { VirtualService } from '../support/virtual-service.js';

/** One data frame of a channel, with contents that no decoder can read. */
function unreadable(channel: string, id: string): Uint8Array {
  const contents = [{ bids: 'none', orders: 'none', fills: 'none' }];
  const envelope = { type: 'channel_batch_data', connection_id: 'c', message_id: 9, channel, id };
  return new TextEncoder().encode(JSON.stringify({ ...envelope, version: '1.0.0', contents }));
}

it('the book of a market is stale, subscribed again and live', async () => {
  const service = new VirtualService();
  await service.ready();
  const states = () => service.control.markets().map(({ bookState }) => bookState);
  const data = unreadable('v4_orderbook', 'BTC-USD');
  service.root.pipeline.frames$.next({ data, at: service.clock.now() });
  expect(states()).toEqual(['stale', 'live']);
  expect(service.logged('book.resync')).toEqual([{ market: 'BTC-USD' }]);
  await service.until(() => states().every((state) => state === 'live'));
  expect(service.logged('frame.quarantined')).toHaveLength(1);
  expect(service.control.state().frames).toMatchObject({ quarantined: 1 });
});

it('the account is swept, because the frame may have held a fill', async () => {
  const service = new VirtualService();
  await service.ready();
  let sweeps = 0;
  service.onStep = (name) => {
    if (name === 'answer /fills') sweeps += 1;
  };
  const data = unreadable('v4_subaccounts', `${ACCOUNT.owner}/${ACCOUNT.number}`);
  service.root.pipeline.frames$.next({ data, at: service.clock.now() });
  expect(service.logged('account.frame-lost')).toHaveLength(1);
  await service.until(() => sweeps > 0, 5_000);
});

it('an unknown major version of a channel is one alarm, in the log and in the state', async () => {
  const service = new VirtualService();
  await service.ready();
  const text = new TextDecoder().decode(unreadable('v4_trades', 'BTC-USD'));
  const data = new TextEncoder().encode(text.replace('"version":"1.0.0"', '"version":"3.0.0"'));
  const at = service.clock.now();
  for (let frame = 0; frame < 3; frame += 1) service.root.pipeline.frames$.next({ data, at });
  expect(service.logged('channel.version')).toEqual([{ channel: 'v4_trades', version: '3.0.0' }]);
  expect(service.control.state().unknownVersions).toEqual([
    { channel: 'v4_trades', version: '3.0.0', since: at, frames: 3 },
  ]);
});
