/** An unknown major version raises one alarm, and is counted, however many frames it has. */
import { describe, expect, it } from 'vitest';
import { VersionWatch } from '../../src/app/version-watch.js';
import type { VersionAlarm } from '../../src/ports/engine.js';
import { unixMs } from '../../src/model/quantities.js';

function listen(watch: VersionWatch): VersionAlarm[] {
  const raised: VersionAlarm[] = [];
  watch.raised$.subscribe((alarm) => raised.push(alarm));
  return raised;
}

describe('an unknown version', () => {
  it('is told once per channel and version, and counted each time', () => {
    const watch = new VersionWatch();
    const raised = listen(watch);
    watch.note({ channel: 'v4_trades', version: '3.0.0' }, unixMs(1));
    watch.note({ channel: 'v4_trades', version: '3.0.0' }, unixMs(2));
    watch.note({ channel: 'v4_trades', version: '4.0.0' }, unixMs(3));
    watch.note({ channel: 'v4_orderbook', version: '3.0.0' }, unixMs(4));
    const trades = { channel: 'v4_trades', version: '3.0.0', since: 1 };
    expect(raised.map(({ channel, version }) => `${channel} ${version}`)).toEqual([
      'v4_trades 3.0.0',
      'v4_trades 4.0.0',
      'v4_orderbook 3.0.0',
    ]);
    expect(raised[0]).toEqual({ ...trades, frames: 1 });
    expect(watch.alarms[0]).toEqual({ ...trades, frames: 2 });
  });

  it('that changes with every frame is counted under one name from the limit on', () => {
    const watch = new VersionWatch();
    const raised = listen(watch);
    for (let major = 0; major < 100; major += 1) {
      watch.note({ channel: 'v4_trades', version: `${major}` }, unixMs(major));
    }
    expect(raised).toHaveLength(33);
    expect(watch.alarms.at(-1)).toMatchObject({ version: 'other', frames: 68 });
  });
});
