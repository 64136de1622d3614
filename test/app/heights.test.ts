/** Heights and the pace of blocks: never back, measured, not assumed. */
import { describe, expect, it } from 'vitest';
import { HeightWatch } from '../../src/app/heights.js';
import { blockHeight, unixMs } from '../../src/model/quantities.js';

describe('the pace of blocks', () => {
  it('is unknown before two heights, and rounded up after', () => {
    const heights = new HeightWatch();
    expect(heights.msPerBlock).toBeUndefined();
    heights.committed(blockHeight(10), unixMs(1_000));
    expect(heights.msPerBlock).toBeUndefined();
    heights.committed(blockHeight(13), unixMs(3_000));
    expect(heights.msPerBlock).toBe(667);
    heights.committed(blockHeight(12), unixMs(9_000));
    expect(heights.msPerBlock).toBe(667);
  });

  it('is that of the latest 64 growths', () => {
    const heights = new HeightWatch();
    heights.indexed(blockHeight(1), unixMs(0));
    for (let height = 2; height <= 70; height += 1) {
      heights.indexed(blockHeight(height), unixMs(1_000_000 + height * 500));
    }
    expect(heights.msPerBlock).toBe(500);
  });
});
