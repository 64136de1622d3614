/** What `perpetua replay` prints and writes of a scorecard. */
import {
  chmodSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { replayFile, type ReplayReport } from '../../src/app/replay.js';
import { runReplay, type ReplayFlags } from '../../src/cli/replay-command.js';
import { readCalibration } from '../../src/model/calibration.js';
import { Failure } from '../../src/model/result.js';
import type { ScorecardRow } from '../../src/report/scorecard.js';

vi.mock('../../src/app/replay.js', () => ({ replayFile: vi.fn<typeof replayFile>() }));

const row = (from: number, moved: number, hits: number): ScorecardRow => ({
  from,
  to: from + 0.1,
  afterSeconds: 30,
  looks: moved,
  moved,
  hits,
  hitRate: hits / moved,
  meanReturnBps: 0,
  meanGainBps: 1.5,
});
const plain: ReplayReport = {
  frames: { received: 1, applied: 1, rejected: 0, quarantined: 0 },
  from: 0,
  to: 1,
  markets: {},
  decisions: 0,
  entries: 0,
  quotes: 0,
  strategy: 'sniper',
  looks: {},
  faults: [],
  deadLetters: {},
};
const scorecard = {
  everySeconds: 1,
  looks: 400,
  marketsLeftOut: 0,
  subjects: [
    { name: 'sniper', kind: 'strategy', rows: [row(0, 300, 150), row(0.5, 100, 60)] },
    { name: 'thin', kind: 'strategy', rows: [row(0, 40, 20)] },
  ],
} as const;
const file = join(mkdtempSync(join(tmpdir(), 'perpetua-calibration-')), 'out.json');

it('refuses a strategy beside the old bot, which brings its own', async () => {
  await expect(run({ engine: 'legacy', strategy: 'sniper' })).rejects.toThrow(
    '--engine legacy brings its own strategy; expected no --strategy, was sniper',
  );
});

beforeEach(() => {
  vi.mocked(replayFile).mockImplementation((_, options) =>
    Promise.resolve(options?.scorecard === true ? { ...plain, scorecard } : plain),
  );
});

async function run(flags: ReplayFlags) {
  const out: string[] = [];
  const err: string[] = [];
  await runReplay('recording', flags, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { out, err };
}

describe('a replay', () => {
  it('tells no scorecard unless it is asked for one', async () => {
    const { out } = await run({ json: true });
    expect(out).toEqual([JSON.stringify(plain)]);
  });

  it('tells the scorecard within its JSON, or as a table below the report', async () => {
    const { out } = await run({ json: true, scorecard: true });
    expect(out).toEqual([JSON.stringify({ ...plain, scorecard })]);
    const text = await run({ scorecard: true });
    expect(text.out).toHaveLength(2);
    expect(text.out[1]).toMatch(/^400 looks\..*\n\nsniper +1 s/);
  });

  it('writes the calibration, and says of which strategies it will be refused', async () => {
    const { out, err } = await run({ json: true, calibration: file });
    expect(out).toEqual([JSON.stringify(plain)]);
    const read = readCalibration(readFileSync(file, 'utf8'), 'sniper');
    expect(read).toMatchObject({
      ok: true,
      value: [{ hitRate: 0.5 }, { hitRate: 0.6, looks: 100 }],
    });
    expect(err).toEqual([
      'calibration of sniper written',
      'calibration of thin written, but will be refused: expected at least 300 looks, was 40: too thin',
    ]);
  });
});

describe('a calibration that a start would refuse', () => {
  const good = 'of last week\n';
  const thin = [{ name: 'sniper', kind: 'strategy', rows: [row(0, 40, 20)] }] as const;

  it.each([
    ['no look was followed by a move', [], 'expected looks of strategy sniper, was of: none'],
    ['its looks are few', thin, 'expected at least 300 looks, was 40: too thin'],
  ])('is a failure when %s, and the good file stays as it was', async (_, subjects, words) => {
    const card = { ...scorecard, looks: 40, subjects };
    vi.mocked(replayFile).mockResolvedValue({ ...plain, scorecard: card });
    writeFileSync(file, good);
    const failure = await run({ json: true, calibration: file }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({
      code: 'replay.calibration',
      message:
        `calibration of sniper not written: ${words}, after 40 looks at markets; ` +
        `${file} is untouched`,
    });
    expect(readFileSync(file, 'utf8')).toBe(good);
  });
});

describe('a calibration in the place of an older one', () => {
  it('never changes the older one, which may be being read, and leaves nothing else', async () => {
    const target = join(mkdtempSync(join(tmpdir(), 'perpetua-replaced-')), 'sniper.json');
    const kept = `${target}.kept`;
    const link = `${target}.link`;
    writeFileSync(target, 'older\n');
    chmodSync(target, 0o600);
    linkSync(target, kept);
    symlinkSync(target, link);
    await run({ json: true, calibration: link });
    expect(readFileSync(kept, 'utf8')).toBe('older\n');
    expect(readCalibration(readFileSync(target, 'utf8'), 'sniper').ok).toBe(true);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    const names = ['sniper.json', 'sniper.json.kept', 'sniper.json.link'];
    expect(readdirSync(dirname(target)).toSorted()).toEqual(names);
  });

  it('leaves nothing behind when it cannot take its place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'perpetua-replaced-'));
    await expect(run({ json: true, calibration: folder })).rejects.toThrow('EISDIR');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a replay of a recording that was cut', () => {
  const warning = 'recording: ends within line 7';

  it('says so on standard error and in its report', async () => {
    vi.mocked(replayFile).mockResolvedValue({ ...plain, warning });
    const { out, err } = await run({ json: true });
    expect(out).toEqual([JSON.stringify({ ...plain, warning })]);
    expect(err).toEqual([`perpetua: ${warning}: it was cut, and the rest is missing`]);
  });

  it('writes the calibration, and says of what', async () => {
    vi.mocked(replayFile).mockResolvedValue({ ...plain, scorecard, warning });
    writeFileSync(file, '');
    const { err } = await run({ json: true, calibration: file });
    expect(err[0]).toContain(warning);
    expect(err[1]).toBe('calibration of sniper written, of a recording that was cut');
    expect(readCalibration(readFileSync(file, 'utf8'), 'sniper').ok).toBe(true);
  });
});

describe('a replay with the settings of a run', () => {
  const settings = join(mkdtempSync(join(tmpdir(), 'perpetua-settings-')), 'perpetua.yaml');
  const text = 'strategies:\n  - name: meanReversion\n    zEnter: 3\n    stopBps: 70\n';

  it('runs their strategy, and its calibration holds for these settings only', async () => {
    writeFileSync(settings, text);
    await run({ json: true, config: settings, calibration: file });
    const choice = vi.mocked(replayFile).mock.lastCall?.[1]?.choice;
    expect(choice?.settings).toMatchObject({ name: 'meanReversion', zEnter: 3, stopBps: 70 });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      settings: {
        meanReversion: { windowSeconds: 180, samplesMin: 60, zEnter: 3, zExit: 0.5, zMax: 6 },
      },
    });
  });

  it('is refused beside another choice of a strategy', async () => {
    await expect(run({ config: settings, strategy: 'sniper' })).rejects.toThrow(
      'expected --strategy or --config, not both, was sniper and',
    );
    await expect(run({ config: settings, engine: 'legacy' })).rejects.toThrow(
      '--engine legacy brings its own strategy; expected no --config, was',
    );
  });
});

it('refuses a recording without a frame', async () => {
  const frames = { received: 0, applied: 0, rejected: 0, quarantined: 0 };
  vi.mocked(replayFile).mockResolvedValue({ ...plain, frames });
  await expect(run({})).rejects.toThrow('expected at least one line of {"receivedAt", "frame"}');
});
