/**
 * What an operator may ask: each command is an input like any other, answered when it has been run.
 */
import { firstValueFrom } from 'rxjs';
import Type, { type Static } from 'typebox';
import type { FastifyPluginCallback } from 'fastify';
import type { Command } from '../model/command.js';
import { isMarketId } from '../model/quantities.js';
import type { Control } from '../ports/control.js';
import { operatorBody, outcome, problem, unauthorized } from './state-schemas.js';

type Body = Static<typeof operatorBody>;

interface Mistake {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
}

/** A pattern would be told as such, which says nothing to whoever asks. */
const explain = (mistakes: readonly Mistake[], where: string): Error =>
  new Error(
    mistakes
      .map(({ instancePath, keyword, message }) =>
        keyword === 'pattern'
          ? `${where}${instancePath}: expected a text that is not blank`
          : `${where}${instancePath} ${message}`,
      )
      .join(', '),
  );

const ANSWERS = { 200: outcome, 400: problem, 404: problem, 409: problem, ...unauthorized };

export const commandRoutes =
  (control: Control): FastifyPluginCallback =>
  (app, _, done) => {
    app.setSchemaErrorFormatter(explain);
    const post = (
      path: string,
      summary: string,
      toCommand: (body: Body, of: string) => Command | undefined,
    ) =>
      app.post<{ Body: Body; Params: { of?: string } }>(
        path,
        {
          config: { scope: 'trade' },
          schema: {
            summary,
            security: [{ bearer: [] }],
            body: operatorBody,
            ...(path.includes(':of')
              ? { params: Type.Object({ of: Type.String({ maxLength: 64 }) }) }
              : {}),
            response: ANSWERS,
          },
        },
        async (request, reply) => {
          const of = request.params.of ?? '';
          const command = toCommand(request.body, of);
          if (command === undefined) {
            return reply.code(404).send({ code: 'market.unknown', message: `no market ${of}` });
          }
          const answer = await firstValueFrom(control.command(command));
          if (answer.accepted) return answer;
          const { code, message } = answer;
          return reply.code(code.endsWith('.unknown') ? 404 : 409).send({ code, message });
        },
      );
    post('/v1/halt', 'Stop all risk-increasing orders, latched', (body) => ({
      type: 'halt',
      ...body,
    }));
    post('/v1/resume', 'Clear latched causes and trade again', (body) => ({
      type: 'resume',
      ...body,
    }));
    post('/v1/flatten', 'Halt and leave every position', (body) => ({
      type: 'flatten',
      ...body,
      market: undefined,
    }));
    post('/v1/markets/:of/flatten', 'Leave the position in one market', (body, of) =>
      isMarketId(of) ? { type: 'flatten', ...body, market: of } : undefined,
    );
    post('/v1/engine/restore', 'Clear a fallback: the streaming engine again', (body) => ({
      type: 'engine.restore',
      ...body,
    }));
    post('/v1/strategies/:of/pause', 'No new entries', (body, of) => ({
      type: 'pause',
      ...body,
      strategy: of,
    }));
    post('/v1/strategies/:of/unpause', 'Entries again', (body, of) => ({
      type: 'unpause',
      ...body,
      strategy: of,
    }));
    done();
  };
