/** A projection with one of everything, for tests of the admin's side of the port. */
import { of } from 'rxjs';
import type { Command, CommandOutcome } from '../../src/model/command.js';
import type { Control } from '../../src/ports/control.js';

export interface FakeControl extends Control {
  readonly commands: Command[];
  answer: CommandOutcome;
  ready: boolean;
}

const familySums = {
  usdc: '100',
  equityUsd: '97',
  initialMarginUsd: '1',
  maintenanceMarginUsd: '0.5',
  freeCollateralUsd: null,
  venue: {
    equityUsd: '96',
    freeCollateralUsd: '95',
    agrees: false,
    compared: [
      {
        figure: 'equity',
        oursUsd: '97',
        venueUsd: '96',
        differenceUsd: '1',
        toleranceUsd: '0.05',
      },
    ],
  },
};

export function fakeControl(): FakeControl {
  const commands: Command[] = [];
  const fake: FakeControl = {
    commands,
    answer: { accepted: true, message: 'done' },
    ready: true,
    state: () => ({
      version: '0',
      network: 'embedded',
      mode: 'live',
      state: 'trading',
      startedAt: 1,
      now: 2,
      address: null,
      subaccount: 0,
      chainHeight: 7,
      reconciliation: {
        state: 'reading.fills.asking',
        height: 6,
        attempts: 1,
        steps: ['heights: chain 7, indexer 6'],
        reason: 'ours/venue: BTC-USD 5/0',
      },
      sweptAt: 1,
      permission: { granted: true, reasons: [] },
      connections: [
        { name: 'market-0', state: 'live.fresh', attempts: 0, subscriptions: 3, lastError: null },
      ],
      endpoints: [
        {
          kind: 'rpc',
          rank: 1,
          origin: 'https://node.example',
          isCurrent: true,
          state: 'lagging',
          requests: 9,
          errors: 2,
          latencyMs: 12.5,
          height: null,
          lagBlocks: null,
          restsMs: 0,
          lastError: 'status 502',
        },
      ],
      rest: [{ bucket: 'default', burst: 20, free: 18, perSecond: 4, waitMs: 0 }],
      strategies: [{ name: 'sniper', state: 'scouting' }],
      engine: {
        setting: 'both',
        active: 'batch',
        fallback: { cause: 'engine.stalled', evidence: 'x', at: 5 },
        alone: null,
        fallbacks: { 'engine.stalled': 1 },
        compared: 9,
        divergent: 1,
        divergences: [{ at: 4, place: 'BTC-USD/told', streaming: 'false', batch: 'true' }],
      },
      frames: { received: 4, applied: 2, rejected: 1, quarantined: 1 },
      deadLetters: { 'frame.json': 1 },
      unknownVersions: [{ channel: 'v4_trades', version: '3.0.0', since: 1, frames: 5 }],
    }),
    markets: () => [
      {
        market: 'BTC-USD',
        status: 'ACTIVE',
        bookState: 'live',
        bookAgeMs: 5,
        bestBid: '1',
        bestAsk: '2',
        oraclePrice: null,
        trades: 3,
        flow1m: { bought: '0.5', sold: '0.2', trades: 3 },
      },
    ],
    signals: () => [
      { market: 'BTC-USD', name: 'momentum', value: 50, ageMs: 1, samples: 20, warm: true },
    ],
    decisions: () => [
      {
        type: 'hold',
        strategy: 'sniper',
        market: 'BTC-USD',
        side: null,
        confidence: 0.5,
        reasons: [{ code: 'confidence.low', text: 'confidence 0.50 < 0.80' }],
        at: 9,
      },
    ],
    scorecard: () => ({
      everySeconds: 1,
      looks: 9,
      marketsLeftOut: 0,
      subjects: [
        {
          name: 'momentum',
          kind: 'signal',
          rows: [
            {
              from: 90,
              to: 100,
              afterSeconds: 5,
              looks: 9,
              moved: 4,
              hits: 3,
              hitRate: 0.75,
              meanReturnBps: 1.5,
              meanGainBps: null,
            },
          ],
        },
      ],
    }),
    orders: () => [
      {
        orderId: 'x',
        clientId: 1,
        market: 'BTC-USD',
        side: 'buy',
        size: '1',
        price: '2',
        filled: '0',
        reduceOnly: false,
        purpose: 'entry',
        state: 'working',
        reason: null,
        goodTilBlock: 9,
      },
    ],
    positions: () => [
      {
        market: 'BTC-USD',
        strategy: 'sniper',
        state: 'long',
        size: '1',
        averageEntry: '2',
        realizedPnlUsd: '0',
        unrealizedPnlUsd: null,
        feesUsd: '0.1',
      },
    ],
    account: () => ({
      subaccount: 0,
      usdc: '100',
      equityUsd: '102',
      initialMarginUsd: '5',
      maintenanceMarginUsd: '3',
      freeCollateralUsd: '97',
      pnlUsd: null,
      dayPnlUsd: '-1.5',
      realizedPnlUsd: '1',
      unrealizedPnlUsd: null,
      feesUsd: '0.1',
      fundingUsd: '-0.2',
      transfersUsd: '0',
      adjustmentsUsd: '0',
      positions: [
        {
          market: 'BTC-USD',
          size: '1',
          averageEntry: '2',
          oraclePrice: '3',
          notionalUsd: '3',
          realizedPnlUsd: '1',
          unrealizedPnlUsd: '1',
          feesUsd: '0.1',
          fundingUsd: '-0.2',
          initialMarginUsd: '1',
          maintenanceMarginUsd: '0.5',
          liquidationPrice: null,
        },
      ],
      venue: {
        height: 7,
        usdc: '100',
        equityUsd: '103',
        freeCollateralUsd: '97',
        agrees: false,
        differences: [{ figure: 'equity', oursUsd: '102', venueUsd: '103', toleranceUsd: '0.5' }],
      },
    }),
    family: () => ({
      parent: 0,
      traded: 128,
      readAt: 5,
      ageMs: 2,
      failure: 'status 502',
      advice: 'trade BTC-USD with subaccount: 0',
      totals: familySums,
      subaccounts: [
        {
          subaccount: 128,
          height: 7,
          ...familySums,
          positions: [
            {
              market: 'BTC-USD',
              isolated: true,
              size: '-1',
              oraclePrice: '3',
              notionalUsd: '3',
              initialMarginUsd: '1',
              maintenanceMarginUsd: '0.5',
              liquidationPrice: null,
            },
          ],
        },
      ],
    }),
    risk: () => ({
      level: 'active',
      breaches: [{ cause: 'chain.slow', severity: 'reduce', latched: false, evidence: 'x', at: 3 }],
      exposureUsd: '12.5',
      ifDead: {
        lastBlock: 12,
        blocks: 5,
        seconds: 3.3,
        orders: 1,
        heldUsd: '2',
        worstUsd: '12.5',
        markets: [
          {
            market: 'BTC-USD',
            lastBlock: 12,
            blocks: 5,
            seconds: null,
            orders: 1,
            position: '1',
            longest: '2',
            shortest: '1',
            heldUsd: '2',
            worstUsd: '12.5',
          },
        ],
      },
      limits: { maxExposureUsd: 5 },
      venueLimits: [{ what: 'short-term', used: 3, limit: 4_000, blocks: 5 }],
      denials: [{ at: 1, code: 'book.old', message: 'm' }],
    }),
    isReady: () => ({ ready: fake.ready, reasons: [] }),
    command: (command) => {
      commands.push(command);
      return of(fake.answer);
    },
  };
  return fake;
}

export const quietLog = { write: (): void => undefined };
