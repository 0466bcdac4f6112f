import type {Audit} from '../src/audit/audit-log.ts';
import {createAuditWithSinks} from '../src/audit/audit-with-sinks.ts';
import {createBreakGlass} from '../src/audit/break-glass.ts';
import {createDelivery} from '../src/audit/delivery.ts';
import type {NamedSink} from '../src/config/audit-sinks.ts';
import type {DeckOptions} from '../src/input/deck.ts';
import type {Keymap} from '../src/input/keymap.ts';
import type {Policy} from '../src/policy/policy.ts';
import type {Clock} from '../src/time/clock.ts';

/** The audit log of a console, with the delivery of its records to the configured sinks. */
export type AuditSetup = {
	readonly audit: Audit;
	/** The delivery state that the deck shows; undefined when no sink is configured. */
	readonly deckCopies: DeckOptions['copies'];
	/** Starts delivery, beginning with the records that earlier runs did not deliver. */
	start(): void;
	/** Waits a few seconds for deliveries in flight. */
	close(): Promise<void>;
};

/**
 * Creates the audit log and the delivery to its sinks. The sink adapters are loaded only when a sink is configured.
 * @param options.policy returns the current machine policy. When it names other sinks than at the start, actions are refused until midwatch is restarted.
 */
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
	const breakGlass = createBreakGlass({audit: log, delivery, clock});
	const sinksAtStart = policySinksText(policy());
	const stale = () =>
		policySinksText(policy()) === sinksAtStart
			? undefined
			: 'the policy of this machine names other copies of the audit now';
	return {
		audit: createAuditWithSinks({audit: log, delivery, breakGlass, stale, paletteKey: keymap.keyFor('deck.palette')}),
		deckCopies: sinks.length === 0 ? undefined : {state: delivery.state, breakGlass},
		start: () => delivery.start(),
		async close() {
			breakGlass.close();
			await delivery.close();
		},
	};
}

/** The sinks of the policy file as text, for comparison. A policy file that cannot be used yields none: it forbids every action anyway. */
function policySinksText(policy: Policy | undefined): string {
	const file = policy?.fileState.state === 'read' ? policy.fileState.file : undefined;
	return JSON.stringify(file?.audit?.sinks ?? []);
}
