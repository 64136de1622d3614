/**
 * The shapes of the admin API's answers and bodies: they check what goes out and make the OpenAPI
 * page.
 */
import Type from 'typebox';

const text = Type.String();
const number = Type.Number();
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const problem = Type.Object({ code: text, message: text });

/** What every route that asks for a token may answer. */
export const unauthorized = { 401: problem, 403: problem, 500: problem };

const engineState = Type.Object({
  setting: text,
  active: text,
  fallback: nullable(Type.Object({ cause: text, evidence: text, at: number })),
  alone: nullable(text),
  fallbacks: Type.Record(text, number),
  compared: number,
  divergent: number,
  divergences: Type.Array(Type.Object({ at: number, place: text, streaming: text, batch: text })),
});

export const serviceState = Type.Object({
  version: text,
  network: text,
  mode: text,
  state: text,
  startedAt: number,
  now: number,
  address: nullable(text),
  subaccount: Type.Integer(),
  chainHeight: nullable(number),
  reconciliation: nullable(
    Type.Object({
      state: text,
      height: number,
      attempts: number,
      steps: Type.Array(text),
      reason: nullable(text),
    }),
  ),
  sweptAt: nullable(number),
  permission: Type.Object({ granted: Type.Boolean(), reasons: Type.Array(text) }),
  connections: Type.Array(
    Type.Object({
      name: text,
      state: text,
      attempts: number,
      subscriptions: number,
      lastError: nullable(text),
    }),
  ),
  endpoints: Type.Array(
    Type.Object({
      kind: Type.Enum(['rest', 'socket', 'rpc']),
      rank: number,
      origin: text,
      isCurrent: Type.Boolean(),
      state: Type.Enum(['healthy', 'lagging', 'failing']),
      requests: number,
      errors: number,
      latencyMs: nullable(number),
      height: nullable(number),
      lagBlocks: nullable(number),
      restsMs: number,
      lastError: nullable(text),
    }),
  ),
  rest: Type.Array(
    Type.Object({
      bucket: text,
      burst: number,
      free: number,
      perSecond: number,
      waitMs: number,
    }),
  ),
  strategies: Type.Array(Type.Object({ name: text, state: text })),
  engine: engineState,
  frames: Type.Object({
    received: number,
    applied: number,
    rejected: number,
    quarantined: number,
  }),
  deadLetters: Type.Record(text, number),
  unknownVersions: Type.Array(
    Type.Object({ channel: text, version: text, since: number, frames: number }),
  ),
});

export const marketState = Type.Object({
  market: text,
  status: text,
  bookState: text,
  bookAgeMs: nullable(number),
  bestBid: nullable(text),
  bestAsk: nullable(text),
  oraclePrice: nullable(text),
  trades: number,
  flow1m: Type.Object({ bought: text, sold: text, trades: number }),
});

export const signalState = Type.Object({
  market: text,
  name: text,
  value: number,
  ageMs: number,
  samples: number,
  warm: Type.Boolean(),
});

export const decisionState = Type.Object({
  type: text,
  strategy: text,
  market: text,
  side: nullable(text),
  confidence: nullable(number),
  reasons: Type.Array(Type.Object({ code: text, text })),
  at: number,
});

export const scorecardState = Type.Object({
  everySeconds: number,
  looks: number,
  marketsLeftOut: number,
  subjects: Type.Array(
    Type.Object({
      name: text,
      kind: Type.Enum(['signal', 'strategy']),
      rows: Type.Array(
        Type.Object({
          from: number,
          to: number,
          afterSeconds: number,
          looks: number,
          moved: number,
          hits: number,
          hitRate: nullable(number),
          meanReturnBps: number,
          meanGainBps: nullable(number),
        }),
      ),
    }),
  ),
});

export const orderState = Type.Object({
  orderId: text,
  clientId: number,
  market: text,
  side: text,
  size: text,
  price: text,
  filled: text,
  reduceOnly: Type.Boolean(),
  purpose: text,
  state: text,
  reason: nullable(text),
  goodTilBlock: number,
});

export const positionState = Type.Object({
  market: text,
  strategy: nullable(text),
  state: text,
  size: text,
  averageEntry: nullable(text),
  realizedPnlUsd: text,
  unrealizedPnlUsd: nullable(text),
  feesUsd: text,
});

const sums = {
  usdc: nullable(text),
  equityUsd: nullable(text),
  initialMarginUsd: nullable(text),
  maintenanceMarginUsd: nullable(text),
  freeCollateralUsd: nullable(text),
};

const valued = {
  oraclePrice: nullable(text),
  notionalUsd: nullable(text),
  initialMarginUsd: nullable(text),
  maintenanceMarginUsd: nullable(text),
  liquidationPrice: nullable(text),
};

export const accountState = Type.Object({
  subaccount: Type.Integer(),
  ...sums,
  pnlUsd: nullable(text),
  dayPnlUsd: nullable(text),
  realizedPnlUsd: text,
  unrealizedPnlUsd: nullable(text),
  feesUsd: text,
  fundingUsd: text,
  transfersUsd: text,
  adjustmentsUsd: text,
  positions: Type.Array(
    Type.Object({
      market: text,
      size: text,
      averageEntry: nullable(text),
      realizedPnlUsd: text,
      unrealizedPnlUsd: nullable(text),
      feesUsd: text,
      fundingUsd: text,
      ...valued,
    }),
  ),
  venue: nullable(
    Type.Object({
      height: number,
      usdc: text,
      equityUsd: text,
      freeCollateralUsd: text,
      agrees: Type.Boolean(),
      differences: Type.Array(
        Type.Object({ figure: text, oursUsd: text, venueUsd: text, toleranceUsd: text }),
      ),
    }),
  ),
});

const familySums = {
  ...sums,
  venue: Type.Object({
    equityUsd: text,
    freeCollateralUsd: text,
    agrees: nullable(Type.Boolean()),
    compared: Type.Array(
      Type.Object({
        figure: text,
        oursUsd: text,
        venueUsd: text,
        differenceUsd: text,
        toleranceUsd: text,
      }),
    ),
  }),
};

export const familyState = Type.Object({
  parent: Type.Integer(),
  traded: Type.Integer(),
  readAt: nullable(number),
  ageMs: nullable(number),
  failure: nullable(text),
  advice: nullable(text),
  totals: nullable(Type.Object(familySums)),
  subaccounts: Type.Array(
    Type.Object({
      subaccount: Type.Integer(),
      height: number,
      ...familySums,
      positions: Type.Array(
        Type.Object({ market: text, isolated: Type.Boolean(), size: text, ...valued }),
      ),
    }),
  ),
});

const lasting = {
  lastBlock: nullable(number),
  blocks: nullable(number),
  seconds: nullable(number),
};

const ifDeadState = Type.Object({
  ...lasting,
  orders: number,
  heldUsd: nullable(text),
  worstUsd: nullable(text),
  markets: Type.Array(
    Type.Object({
      ...lasting,
      market: text,
      orders: number,
      position: text,
      longest: text,
      shortest: text,
      heldUsd: nullable(text),
      worstUsd: nullable(text),
    }),
  ),
});

export const riskState = Type.Object({
  level: text,
  breaches: Type.Array(
    Type.Object({
      cause: text,
      severity: text,
      latched: Type.Boolean(),
      evidence: text,
      at: number,
    }),
  ),
  exposureUsd: nullable(text),
  ifDead: ifDeadState,
  limits: Type.Record(text, number),
  venueLimits: Type.Array(
    Type.Object({ what: text, used: number, limit: nullable(number), blocks: number }),
  ),
  denials: Type.Array(Type.Object({ at: number, code: text, message: text })),
});

/** Something must be said: blanks are neither a name nor a reason. */
const said = (maxLength: number, description: string) =>
  Type.String({ pattern: '\\S', maxLength, description });

/** Every command names its operator and says why: both go to the journal. */
export const operatorBody = Type.Object(
  {
    by: said(64, 'Who asks.'),
    reason: said(200, 'Why.'),
  },
  { additionalProperties: false },
);

export const outcome = Type.Object({ accepted: Type.Boolean(), message: text });
