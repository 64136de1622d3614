/** Walks every reachable state of a machine, with its own timers among the events. */
import type {
  AnyActorLogic,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  EventObject,
} from 'xstate';
import { getAdjacencyMap } from 'xstate/graph';

export interface Fact extends EventObject {
  readonly [key: string]: unknown;
}

export interface Step {
  readonly from: AnyMachineSnapshot;
  readonly event: Fact;
  readonly to: AnyMachineSnapshot;
}

export interface Graph {
  readonly states: readonly AnyMachineSnapshot[];
  readonly steps: readonly Step[];
  /** Ids of chart states that were never reached. */
  readonly unreached: readonly string[];
  /** States from which the given events alone never lead to a goal. */
  readonly stuck: (
    isGoal: (state: AnyMachineSnapshot) => boolean,
    isAllowed: (event: Fact) => boolean,
  ) => readonly string[];
}

export interface Exploration {
  readonly input?: unknown;
  /** Facts, perhaps other ones in every state. */
  readonly world: readonly Fact[] | ((state: AnyMachineSnapshot) => readonly Fact[]);
  /** The part of the context that distinguishes states; it must be bounded under the world. */
  readonly abstract: (state: AnyMachineSnapshot) => unknown;
}

export const nodeIds = (state: AnyMachineSnapshot): readonly string[] =>
  state._nodes.map((node) => node.id);

const timersOf = (state: AnyMachineSnapshot): readonly Fact[] =>
  state._nodes
    .flatMap((node) => [...node.transitions.keys()])
    .filter((type) => type.startsWith('xstate.after'))
    .map((type) => ({ type }));

interface Entry {
  readonly state: AnyMachineSnapshot;
  readonly transitions: Readonly<Record<string, { event: Fact; state: AnyMachineSnapshot }>>;
}

function json(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'bigint' ? `${item}n` : item,
  );
}

/** Throws above 100 000 transitions: then the world or the abstraction is unbounded. */
export function explore(machine: AnyStateMachine, { input, world, abstract }: Exploration): Graph {
  const keyOf = (state: AnyMachineSnapshot): string =>
    json([state.value, state.status, abstract(state)]);
  const worldOf = typeof world === 'function' ? world : () => world;
  const map = getAdjacencyMap(
    machine as AnyActorLogic,
    {
      input,
      events: (state: AnyMachineSnapshot) =>
        state.status === 'active' ? [...worldOf(state), ...timersOf(state)] : [],
      serializeState: keyOf,
      serializeEvent: json,
      limit: 100_000,
    } as never,
  ) as unknown as Readonly<Record<string, Entry>>;

  const entries = Object.entries(map);
  const states = entries.map(([, entry]) => entry.state);
  const steps = states.flatMap((from, index) =>
    Object.values(entries[index]?.[1].transitions ?? {}).map(({ event, state }) => ({
      from,
      event,
      to: state,
    })),
  );
  const reached = new Set(states.flatMap(nodeIds));
  const unreached = [...(machine as unknown as { idMap: Map<string, AnyStateNode> }).idMap]
    .filter(([id, { type }]) => type !== 'history' && !reached.has(id))
    .map(([id]) => id);

  const stuck: Graph['stuck'] = (isGoal, isAllowed) => {
    const arriving = new Set(entries.filter(([, { state }]) => isGoal(state)).map(([key]) => key));
    for (let grew = true; grew;) {
      const before = arriving.size;
      for (const [key, { transitions }] of entries) {
        const leads = Object.values(transitions).some(
          ({ event, state }) => isAllowed(event) && arriving.has(keyOf(state)),
        );
        if (leads) arriving.add(key);
      }
      grew = arriving.size > before;
    }
    return entries.filter(([key]) => !arriving.has(key)).map(([key]) => key);
  };
  return { states, steps, unreached, stuck };
}
