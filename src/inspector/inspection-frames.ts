/**
 * Inspection events as frames of the @statelyai/inspect protocol (0.7), made without that package:
 * its serialiser dies on bigint and shows what must stay hidden.
 */
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { project } from './projection.js';

const PROTOCOL_VERSION = '0.7.2';

/** One frame on the wire. `definition` is JSON text, `createdAt` milliseconds as text. */
export interface InspectionFrame {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  readonly sessionId: string;
  readonly rootId: string;
  readonly createdAt: string;
  readonly id: null;
  readonly _version: string;
  readonly name?: string;
  readonly parentId?: string | undefined;
  readonly sourceId?: string | undefined;
  readonly definition?: string;
  readonly event?: unknown;
  readonly snapshot?: unknown;
}

interface AnySnapshot {
  readonly status: string;
  readonly value?: unknown;
  readonly context?: unknown;
  readonly tags?: ReadonlySet<string>;
  readonly children?: Readonly<Record<string, AnyActorRef | undefined>>;
}

interface InspectedRef extends AnyActorRef {
  readonly logic?: { readonly config?: unknown };
  readonly _parent?: AnyActorRef;
}

const head = (actor: AnyActorRef, rootId: string, at: number) => ({
  sessionId: actor.sessionId,
  rootId,
  createdAt: String(Math.floor(at)),
  id: null,
  _version: PROTOCOL_VERSION,
});

export function actorFrame(actor: AnyActorRef, rootId: string, at: number): InspectionFrame {
  return {
    type: '@xstate.actor',
    ...head(actor, rootId, at),
    name: actor.id,
    parentId: (actor as InspectedRef)._parent?.sessionId,
    definition: definitionOf(actor),
    snapshot: showSnapshot(actor.getSnapshot() as AnySnapshot),
  };
}

/** A frame for what viewers can show; undefined for microsteps and actions. */
export function frameOf(inspected: InspectionEvent, at: number): InspectionFrame | undefined {
  const actor = inspected.actorRef as AnyActorRef;
  switch (inspected.type) {
    case '@xstate.actor':
      return actorFrame(actor, inspected.rootId, at);
    case '@xstate.event':
      return {
        type: '@xstate.event',
        ...head(actor, inspected.rootId, at),
        sourceId: inspected.sourceRef?.sessionId,
        event: showEvent(inspected.event),
      };
    case '@xstate.snapshot':
      return {
        type: '@xstate.snapshot',
        ...head(actor, inspected.rootId, at),
        event: showEvent(inspected.event),
        snapshot: showSnapshot(inspected.snapshot),
      };
    default:
      return undefined;
  }
}

const showEvent = (event: { readonly type: string }): unknown => ({
  ...(project(event) as object),
  type: event.type,
});

const showSnapshot = (snapshot: AnySnapshot): unknown => ({
  status: snapshot.status,
  value: snapshot.value,
  context: project(snapshot.context),
  tags: [...(snapshot.tags ?? [])],
  children: Object.fromEntries(Object.keys(snapshot.children ?? {}).map((id) => [id, { id }])),
});

const definitions = new WeakMap<object, string>();

/** The raw machine configuration; functions become their names. Made once per machine. */
function definitionOf(actor: AnyActorRef): string {
  const config = (actor as InspectedRef).logic?.config;
  if (typeof config !== 'object' || config === null) return JSON.stringify({ id: actor.id });
  const known = definitions.get(config);
  if (known !== undefined) return known;
  const text = JSON.stringify(config, (key, value: unknown) => {
    if (typeof value === 'function') return { type: value.name };
    if (typeof value === 'bigint') return value.toString();
    return key === 'context' ? undefined : value;
  });
  definitions.set(config, text);
  return text;
}

/** The actor and everything alive below it, parents first. */
export function* liveActors(actor: AnyActorRef): Generator<AnyActorRef> {
  yield actor;
  const snapshot = actor.getSnapshot() as AnySnapshot;
  for (const child of Object.values(snapshot.children ?? {})) {
    if (child?.getSnapshot().status === 'active') yield* liveActors(child);
  }
}
