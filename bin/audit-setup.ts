import type {Audit} from '../src/audit/audit-log.ts';
import {createAuditWithSinks} from '../src/audit/audit-with-sinks.ts';
import {createBreakGlass} from '../src/audit/break-glass.ts';
import {createDelivery} from '../src/audit/delivery.ts';
import type {NamedSink} from '../src/config/audit-sinks.ts';
import type {DeckOptions} from '../src/input/deck.ts';
import type {Keymap} from '../src/input/keymap.ts';
import type {Policy} from '../src/policy/policy.ts';
import type {Clock} from '../src/time/clock.ts';

/** The audit as the console writes it, and the copies of it on their way outside. */
export type AuditSetup = {
	readonly audit: Audit;
	/** For the deck; undefined when no sink is configured. */
	readonly deckCopies: DeckOptions['copies'];
	/** Sends what was left from before. */
	start(): void;
	/** Waits a few seconds for what is under way. */
	close(): Promise<void>;
};

/** What carries the records is loaded only where there are sinks. `policy`: what the policy file of this machine says now. */
export async function createAuditSetup(options: {
	readonly sinks: readonly NamedSink[];
	readonly log: Audit;
	readonly stateDir: string;
	readonly clock: Clock;
	readonly policy: () => Policy | undefined;
	readonly keymap: Pick<Keymap, 'keyFor'>;
}): Promise<AuditSetup> {
	const {sinks, log, stateDir, clock, policy, keymap} = options;
	const {createAuditSink} = sinks.length === 0 ? {} : await import('../adapters/outbound/sink.ts');
	const configured = sinks.flatMap(({settings, ...sink}) =>
		createAuditSink === undefined ? [] : [{...sink, sink: createAuditSink(settings)}],
	);
	const delivery = createDelivery({sinks: configured, dir: log.dir, stateDir, clock});
	const glass = createBreakGlass({audit: log, delivery, clock});
	const atStart = policySinksText(policy());
	const stale = () =>
		policySinksText(policy()) === atStart
			? undefined
			: 'the policy of this machine names other copies of the audit now';
	return {
		audit: createAuditWithSinks({audit: log, delivery, glass, stale, paletteKey: keymap.keyFor('deck.palette')}),
		deckCopies: sinks.length === 0 ? undefined : {state: delivery.state, glass},
		start: () => delivery.start(),
		async close() {
			glass.close();
			await delivery.close();
		},
	};
}

/** What the policy file says of copies, to be compared. A policy that cannot be used allows nothing anyway. */
function policySinksText(policy: Policy | undefined): string {
	const file = policy?.fileState.state === 'read' ? policy.fileState.file : undefined;
	return JSON.stringify(file?.audit?.sinks ?? []);
}
