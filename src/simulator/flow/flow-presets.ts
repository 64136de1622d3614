/** How lively the seeded traders are: rates and sizes of everything that moves, by preset. */
import type { ExchangeOptions } from '../exchange-options.js';

export interface FlowPreset {
  /** Requotes and taker orders per time, relative to `busy`. */
  readonly activity: number;
  /** Standard deviation of the fair price after one second of quiet, basis points. */
  readonly volatilityBps: number;
  /** Mean time between waves of one market, seconds. */
  readonly quietSeconds: number;
  /** Mean time between news that reaches most markets at once, seconds. */
  readonly commonSeconds: number;
  /** A wave's length, seconds. */
  readonly waveSeconds: readonly [min: number, max: number];
  /** A wave's speed at its height, basis points per second. */
  readonly waveBpsPerSecond: readonly [min: number, max: number];
  /** The part of the waves that go up while the price is near its start. */
  readonly upward: number;
  /** Quoted sizes, relative to `busy`. */
  readonly depth: number;
}

const BUSY: FlowPreset = {
  activity: 1,
  volatilityBps: 0.7,
  quietSeconds: 60,
  commonSeconds: 300,
  waveSeconds: [5, 40],
  waveBpsPerSecond: [0.7, 2.2],
  upward: 0.5,
  depth: 1,
};

export const FLOW_PRESETS: Readonly<Record<ExchangeOptions['preset'], FlowPreset>> = {
  none: { ...BUSY, activity: 0 },
  calm: {
    ...BUSY,
    activity: 0.4,
    volatilityBps: 0.3,
    quietSeconds: 240,
    commonSeconds: 1_200,
    waveBpsPerSecond: [0.4, 1],
  },
  busy: BUSY,
  storm: {
    ...BUSY,
    activity: 2.5,
    volatilityBps: 2,
    quietSeconds: 24,
    commonSeconds: 60,
    waveBpsPerSecond: [2, 6],
    depth: 0.6,
  },
  trend: { ...BUSY, quietSeconds: 12, commonSeconds: 120, waveSeconds: [15, 40], upward: 0.85 },
  crash: {
    ...BUSY,
    activity: 2,
    volatilityBps: 2,
    quietSeconds: 20,
    commonSeconds: 45,
    waveSeconds: [10, 40],
    waveBpsPerSecond: [5, 25],
    upward: 0.15,
    depth: 0.4,
  },
};
