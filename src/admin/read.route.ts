/** What an operator may see: every route reads the projection and nothing else. */
import Type from 'typebox';
import type { FastifyPluginCallback } from 'fastify';
import type { Control } from '../ports/control.js';
import * as schemas from './state-schemas.js';

const bearer = [{ bearer: [] }];

/** One `GET` a row: path, the list it answers with, and what it is. */
export const readRoutes =
  (control: Control): FastifyPluginCallback =>
  (app, _, done) => {
    const get = (path: string, summary: string, schema: Type.TSchema, read: () => unknown) =>
      app.get(
        path,
        {
          config: { scope: 'read' },
          schema: {
            summary,
            security: bearer,
            response: { 200: schema, ...schemas.unauthorized },
          },
        },
        () => read(),
      );
    const list = (path: string, summary: string, item: Type.TSchema, read: () => unknown) =>
      get(path, summary, Type.Array(item), read);
    get('/v1/state', 'The service, its connections and its permission', schemas.serviceState, () =>
      control.state(),
    );
    get('/v1/risk', 'Risk level, causes, exposure, limits, denials', schemas.riskState, () =>
      control.risk(),
    );
    list('/v1/markets', 'Books and oracle prices', schemas.marketState, () => control.markets());
    list('/v1/signals', 'Newest scores', schemas.signalState, () => control.signals());
    list(
      '/v1/decisions',
      'Newest verdicts: why it did, why it did not',
      schemas.decisionState,
      () => control.decisions(),
    );
    get(
      '/v1/scorecard',
      'What the mid did 1, 5, 30 and 300 s after each score',
      schemas.scorecardState,
      () => control.scorecard(),
    );
    list('/v1/orders', 'Orders that are not retired', schemas.orderState, () => control.orders());
    list('/v1/positions', 'Positions and profit and loss', schemas.positionState, () =>
      control.positions(),
    );
    get('/v1/account', 'Balance, equity, margins, liquidation prices', schemas.accountState, () =>
      control.account(),
    );
    get(
      '/v1/account/subaccounts',
      "The subaccount's parent and all its children, each beside the venue's own figures",
      schemas.familyState,
      () => control.family(),
    );
    done();
  };
