/** A recording run again: every frame accounted for, and the same report to the byte. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { replay, replayFile } from '../../src/app/replay.js';
import { VirtualService } from '../support/virtual-service.js';

const folder = mkdtempSync(join(tmpdir(), 'perpetua-replay-'));

/** Half a minute of the embedded exchange, as its frames came. */
async function record(): Promise<string[]> {
  const lines: string[] = [];
  const service = new VirtualService({
    preset: 'trend',
    record: ({ receivedAt: at, data }) => {
      const frame = Buffer.from(data).toString('utf8');
      if (!frame.includes('v4_subaccounts')) lines.push(`{"receivedAt":${at},"frame":${frame}}`);
    },
  });
  await service.start();
  await service.clock.advance(30_000);
  service.kill();
  return lines;
}

describe('a replay', () => {
  it('accounts for every frame and says the same twice, plain or compressed', async () => {
    const lines = await record();
    const plain = join(folder, 'plain.ndjson');
    const packed = join(folder, 'packed.ndjson.gz');
    writeFileSync(plain, `${lines.join('\n')}\n`);
    writeFileSync(packed, gzipSync(`${lines.join('\n')}\n`));
    const report = await replayFile(packed);
    expect(JSON.stringify(await replayFile(plain))).toBe(JSON.stringify(report));
    expect(report.frames).toMatchObject({ received: lines.length, quarantined: 0, rejected: 0 });
    expect(Object.keys(report.markets)).toEqual(expect.arrayContaining(['BTC-USD', 'ETH-USD']));
    const { bids, asks, trades, candles, candles1m } = report.markets['BTC-USD'] ?? {};
    expect([bids?.length, asks?.length]).toEqual([10, 10]);
    expect(Number(bids?.[0]?.[0])).toBeLessThan(Number(asks?.[0]?.[0]));
    expect(trades).toBeGreaterThan(10);
    expect(candles1m).toBeGreaterThan(0);
    expect(candles).toMatchObject({ '1MIN': candles1m, '5MINS': 1, '1DAY': 1 });
    expect(report.decisions).toBeGreaterThan(0);
    expect((report.to ?? 0) - (report.from ?? 0)).toBeGreaterThan(29_000);
  });

  it('tells what the mid did after each score, where that is asked for', async () => {
    const file = join(folder, 'scored.ndjson');
    writeFileSync(file, `${(await record()).join('\n')}\n`);
    const plain = await replayFile(file);
    expect(plain.scorecard).toBeUndefined();
    const { scorecard, ...report } = await replayFile(file, { scorecard: true });
    expect(report).toEqual(plain);
    expect(scorecard?.looks).toBeGreaterThan(20);
    expect(scorecard?.subjects.map(({ name }) => name)).toContain('orderbook');
    const rows = scorecard?.subjects.flatMap((subject) => subject.rows) ?? [];
    expect(new Set(rows.map(({ afterSeconds }) => afterSeconds))).toEqual(new Set([1, 5]));
  });

  it('under the old bot has the same books, and its scores and strategy', async () => {
    const file = join(folder, 'legacy.ndjson');
    writeFileSync(file, `${(await record()).join('\n')}\n`);
    const ours = await replayFile(file);
    const { scorecard, ...report } = await replayFile(file, { engine: 'legacy', scorecard: true });
    expect(report.strategy).toBe('legacyOverall');
    expect(report.markets).toEqual(ours.markets);
    expect(report.frames).toEqual(ours.frames);
    expect(Object.keys(report.looks).every((code) => / (overall|book)/.test(code))).toBe(true);
    expect(scorecard?.subjects.map(({ name }) => name)).toContain('legacyOverall');
    expect(JSON.stringify(await replayFile(file, { engine: 'legacy' }))).toBe(
      JSON.stringify(report),
    );
  });

  it('of a recording that was cut says where it ends', async () => {
    const lines = (await record()).slice(0, 500);
    const cut = join(folder, 'cut.ndjson');
    writeFileSync(cut, `${lines.join('\n')}\n{"receivedAt":1,"fra`);
    const packed = join(folder, 'cut.ndjson.gz');
    writeFileSync(packed, gzipSync(`${lines.join('\n')}\n`).subarray(0, -4));
    expect(await replayFile(cut)).toMatchObject({
      frames: { received: 500 },
      warning: `${cut}: ends within line 501`,
    });
    expect((await replayFile(packed)).warning).toMatch(`${packed}: ends `);
  });

  it('of two compressed recordings in one file is of both, and warns of nothing', async () => {
    const lines = (await record()).slice(0, 500);
    const parts = [lines.slice(0, 200), lines.slice(200)];
    const file = join(folder, 'two.ndjson.gz');
    writeFileSync(file, Buffer.concat(parts.map((part) => gzipSync(`${part.join('\n')}\n`))));
    const report = await replayFile(file);
    expect(report.frames.received).toBe(500);
    expect(report).not.toHaveProperty('warning');
  });

  it('of nothing is empty', async () => {
    expect(await replay((async function* none() {})())).toMatchObject({
      frames: { received: 0, applied: 0, rejected: 0, quarantined: 0 },
      from: null,
      to: null,
      markets: {},
    });
  });

  it('takes a stamp that goes back as now, and counts what it cannot read', async () => {
    const frame = (at: number, text: string) => ({
      receivedAt: at as never,
      data: Buffer.from(text),
    });
    const report = await replay(
      (async function* frames() {
        yield frame(2_000, '{"type":"connected","connection_id":"x","message_id":0}');
        yield frame(1_000, '{"broken');
        yield frame(
          3_000,
          '{"type":"channel_data","channel":"v4_orderbook","id":"A-USD","version":"1.0.0","contents":{}}',
        );
      })(),
    );
    expect(report.frames).toEqual({ received: 3, applied: 1, rejected: 1, quarantined: 1 });
    expect([report.from, report.to]).toEqual([2_000, 3_000]);
    expect(Object.values(report.deadLetters)).toEqual([1]);
  });
});
