/** Recordings: frames go in and come out byte for byte, and what is wrong is named with its line. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecording, readRecording } from '../../src/journal/recording.store.js';
import { Failure } from '../../src/model/result.js';
import { unixMs } from '../../src/model/quantities.js';
import type { RecordedFrame } from '../../src/ports/recording.js';

let folder = '';
let files = 0;
const newPath = (): string => join(folder, `${(files += 1)}.frames.ndjson.gz`);
const fileOf = (content: string | Buffer): string => {
  const path = newPath();
  writeFileSync(path, content);
  return path;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recording-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const frame = (text: string, receivedAt = 1_700_000_000_000.25): RecordedFrame => ({
  receivedAt: unixMs(receivedAt),
  data: Buffer.from(text),
});

async function read(path: string) {
  const reader = readRecording(path);
  const frames: [number, string][] = [];
  for await (const { receivedAt, data } of reader) {
    frames.push([receivedAt, Buffer.from(data).toString()]);
  }
  return { frames, warning: reader.warning };
}

async function write(frames: readonly RecordedFrame[]): Promise<string> {
  const path = newPath();
  const recording = openRecording(path);
  for (const one of frames) recording.write(one);
  await recording.close();
  return path;
}

const line = (text: string): string => `{"receivedAt":1.5,"frame":${text}}\n`;

describe('a recording', () => {
  it('gives back every frame byte for byte, whatever its bytes are', async () => {
    const text = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.constant('{"a":\n1}'));
    const stamp = fc.double({ min: 1, max: 2e12, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, stamp)), async (list) => {
        const frames = list.map(([data, at]) => frame(data, Math.fround(at)));
        const reader = readRecording(await write(frames));
        const seen: RecordedFrame[] = [];
        for await (const one of reader) seen.push(one);
        expect(seen.map(({ receivedAt }) => receivedAt)).toEqual(
          frames.map(({ receivedAt }) => receivedAt),
        );
        seen.forEach((one, index) =>
          expect(Buffer.compare(one.data, frames[index]?.data ?? Buffer.alloc(0))).toBe(0),
        );
        expect(reader.warning).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it('is private, compressed, and one line per frame', async () => {
    const path = await write([frame('{"price":"1.10"}'), frame('no json')]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(gunzipSync(readFileSync(path)).toString()).toBe(
      '{"receivedAt":1700000000000.25,"frame":{"price":"1.10"}}\n' +
        '{"receivedAt":1700000000000.25,"base64":"bm8ganNvbg=="}\n',
    );
  });

  it('is plain where its name does not end in .gz', async () => {
    const path = join(folder, 'plain.ndjson');
    const recording = openRecording(path);
    for (const number of [1, 2, 3]) recording.write(frame(`{"n":${number}}`, number));
    await recording.close();
    expect(readFileSync(path, 'utf8')).toBe(
      [1, 2, 3].map((number) => `{"receivedAt":${number},"frame":{"n":${number}}}\n`).join(''),
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('names what is in the way of a new file', () => {
    const path = join(folder, 'no-folder', 'a.ndjson');
    expect(() => openRecording(path)).toThrow(`cannot create ${path}: ENOENT`);
  });

  it('never overwrites a file', () => {
    expect(() => openRecording(fileOf('mine'))).toThrow(/^cannot create /);
  });

  it('ignores frames after its end, and may be closed twice', async () => {
    const path = newPath();
    const recording = openRecording(path);
    recording.write(frame('{"a":1}'));
    await recording.close();
    recording.write(frame('{"a":2}'));
    await recording.close();
    expect((await read(path)).frames).toHaveLength(1);
  });

  it('keeps the order of many frames that wait while others are compressed', async () => {
    const path = newPath();
    const recording = openRecording(path);
    for (let number = 0; number < 5_000; number += 1) {
      recording.write(frame(`{"n":${number}}`));
      if (number % 1_000 === 0) await new Promise(setImmediate);
    }
    await recording.close();
    const { frames } = await read(path);
    expect(frames.map(([, text]) => text)).toEqual(
      Array.from({ length: 5_000 }, (_, number) => `{"n":${number}}`),
    );
  });

  it('ends, and says so once, when more waits for the disk than may wait', async () => {
    const failures: Failure[] = [];
    const path = newPath();
    const recording = openRecording(path, (failure) => failures.push(failure));
    const big = frame(`{"a":"${'x'.repeat(4 * 1024 * 1024 - 100)}"}`);
    for (let number = 0; number < 20; number += 1) recording.write(big);
    await expect(recording.close()).rejects.toThrow('expected at most 67108864 waiting bytes');
    expect(failures.map(({ code }) => code)).toEqual(['recording.ended']);
    expect((await read(path)).frames).toHaveLength(17);
  });
});

describe('reading', () => {
  it('takes gzip and plain text, with or without the last line feed', async () => {
    const text = line('{"a":1.50}') + line('{"b":"}"}');
    const frames = [
      [1.5, '{"a":1.50}'],
      [1.5, '{"b":"}"}'],
    ];
    for (const content of [text, text.trimEnd(), gzipSync(text), text.replaceAll('\n', '\r\n')]) {
      expect(await read(fileOf(content))).toEqual({ frames, warning: undefined });
    }
  });

  it('takes an empty file and blanks between the words', async () => {
    expect(await read(fileOf(''))).toEqual({ frames: [], warning: undefined });
    const spaced = '{ "receivedAt": 2, "frame": {"a":1}}\n';
    expect((await read(fileOf(spaced))).frames).toEqual([[2, '{"a":1}']]);
  });

  it.each([
    ['no JSON', 'hello'],
    ['no frame', '{"receivedAt":1}'],
    ['no stamp', '{"frame":{}}'],
    ['a negative stamp', '{"receivedAt":-1,"frame":{}}'],
    ['an unfinished object', '{"receivedAt":1,"frame":{"a":1}'],
    ['words after its end', '{"receivedAt":1,"frame":{}} x'],
    ['a frame that is no object', '{"receivedAt":1,"frame":5}'],
    ['broken base64', '{"receivedAt":1,"base64":"%"}'],
    ['nothing', ''],
  ])('names the line that has %s', async (_, bad) => {
    const path = fileOf(`${line('{}')}${bad}\n${line('{}')}`);
    await expect(read(path)).rejects.toThrow(`${path}:2: expected {"receivedAt":`);
  });

  it.each([
    ['within the frame', '{"receivedAt":1,"frame":{"a":{"b":1}'],
    ['just before the last brace', '{"receivedAt":1,"frame":{"a":1}'],
    ['within the head', '{"receiv'],
  ])('warns of a plain recording that ends %s', async (_, end) => {
    const path = fileOf(line('{}') + end);
    expect(await read(path)).toEqual({
      frames: [[1.5, '{}']],
      warning: `${path}: ends within line 2`,
    });
  });

  it('gives what there is of a gzip that was cut anywhere, and a warning', async () => {
    const digest = (index: number) => createHash('sha256').update(`${index}`).digest('hex');
    const lines = Array.from({ length: 300 }, (_, index) => line(`{"a":"${digest(index)}"}`));
    const whole = gzipSync(lines.join(''));
    for (const cut of [1, 8, 9, 1_000, whole.length - 30]) {
      const path = fileOf(whole.subarray(0, whole.length - cut));
      const { frames, warning } = await read(path);
      expect(warning).toContain(`${path}: ends `);
      const expected = lines.slice(0, frames.length).map((one) => one.slice(26, -2));
      expect(frames.map(([, text]) => text)).toEqual(expected);
      if (cut <= 8) expect(frames).toHaveLength(300);
    }
  });

  it('takes gzip files one after the other for a whole one, and warns of a cut', async () => {
    const parts = ['{"a":1}', '{"b":2}', '{"c":3}'].map((text) => gzipSync(line(text).repeat(99)));
    const whole = Buffer.concat(parts);
    const ends = parts.map((_, index) => Buffer.concat(parts.slice(0, index + 1)).length);
    for (let length = 1; length <= whole.length; length += 1) {
      const { frames, warning } = await read(fileOf(whole.subarray(0, length)));
      const parted = ends.indexOf(length);
      expect(warning === undefined).toBe(parted >= 0);
      if (parted >= 0) expect(frames).toHaveLength(99 * (parted + 1));
    }
  });

  it('refuses damaged gzip and says after which line', async () => {
    const bytes = gzipSync(line('{}').repeat(5_000));
    bytes.fill(0xff, 30, 60);
    await expect(read(fileOf(bytes))).rejects.toThrow(/:\d+: damaged gzip$/);
  });

  it('refuses a line that never ends', async () => {
    const path = fileOf(line('{}') + 'x'.repeat(9 * 1024 * 1024));
    await expect(read(path)).rejects.toThrow(`${path}:2: expected at most 8388608 bytes`);
  });

  it('says which file cannot be opened', async () => {
    const failure = await read(join(folder, 'missing')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ code: 'recording.unreadable', retryable: false });
  });

  it('lets go of the file when the reader leaves early', async () => {
    const path = fileOf(gzipSync(line('{}').repeat(1_000)));
    for await (const { data } of readRecording(path)) {
      expect(Buffer.from(data).toString()).toBe('{}');
      break;
    }
    expect((await read(path)).frames).toHaveLength(1_000);
  });
});
