/** An operator's command to the virtual service, and its answer. */
import type { Command, CommandOutcome } from '../../src/model/command.js';
import type { VirtualService } from './virtual-service.js';

export async function ask(service: VirtualService, command: Command): Promise<CommandOutcome> {
  let outcome: CommandOutcome | undefined;
  service.control.command(command).subscribe((answer) => (outcome = answer));
  await service.clock.advance(1);
  if (outcome === undefined) throw new Error('no answer');
  return outcome;
}
