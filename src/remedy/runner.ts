import type {Audit} from '../audit/audit-log.ts';
import type {Action, ActionContext, Preview} from '../contract/action.ts';
import type {Params} from '../contract/param.ts';
import type {Row} from '../contract/row.ts';
import {AdapterError, messageOf} from '../errors.ts';
import type {DemandAnswer} from '../policy/demand.ts';
import type {Refusal} from '../policy/policy.ts';
import type {Clock} from '../time/clock.ts';
import type {Store} from '../watch/store.ts';
import type {Arming} from './arming.ts';
import {createCurrentRemedy} from './current-remedy.ts';
import {executeRemedy} from './execution.ts';
import type {ObjectLocks} from './object-lock.ts';
import {createPreflightLoop} from './preflight-loop.ts';
import {createProposal} from './proposal.ts';
import {createReceipts, type Receipts, type SentAction, type SentRemedy} from './receipts.ts';
import {errorHint} from './remedy-failure.ts';
import {createRemedy, hasEnded, isSettling, type Remedy} from './remedy-state.ts';
import type {LiveConnection, RunContext} from './run-context.ts';
import {createTimedCalls} from './timed-calls.ts';
import {validateProposal} from './validate-proposal.ts';
import {createVerifications} from './verifications.ts';

/** Runs one remedy at a time; those that were sent before may still be verified meanwhile. */
export type Runner = {
	/** The current remedy, also after it has ended; undefined before the first and after `dismiss`. */
	readonly state: Store<Remedy | undefined>;
	/** Confirmed remedies that have not ended, the oldest first; the current one is the last. */
	inProgress(): readonly Remedy[];
	/** Calls back with each confirmed remedy when it has ended. @returns unsubscribe */
	onEnd(listener: (remedy: Remedy) => void): () => void;
	/**
	 * Starts a remedy and resolves when it waits for an answer or has ended. Never rejects. Does nothing while the current remedy has
	 * neither ended nor been sent and answered.
	 */
	propose(action: Action, rows: readonly Row[], params: Params): Promise<void>;
	/** Resolves when the remedy has ended, or at once when the answer did not meet the demand. Never rejects. */
	confirm(answer: DemandAnswer): Promise<void>;
	/** Works until the intent is written. What was sent cannot be cancelled. */
	cancel(): void;
	/** Clears `state` when the current remedy has ended. */
	dismiss(): void;
	/**
	 * Starts a remedy that undoes one that was sent in this session, also while that one is verified: its verification ends when the undo is
	 * sent. Does nothing for a record that was not sent.
	 */
	undo(record: string): Promise<void>;
	/**
	 * Starts a remedy with a new plan in place of a stale one: it is previewed again and needs its own confirmation. `latestRows` returns the
	 * given rows as they were read last. Does nothing when the current remedy has no `replanOffer`.
	 */
	replan(latestRows: (rows: readonly Row[]) => readonly Row[]): Promise<void>;
	/** Everything that was sent since this console started, newest first; also what cannot be undone, with the reason. */
	sentActions(): readonly SentAction[];
	/** Cancels a remedy that waits, and resolves when what was sent has been answered and recorded. Idempotent. */
	close(): Promise<void>;
};

export type RunnerOptions = {
	readonly clock: Clock;
	readonly audit: Audit;
	readonly arming: Pick<Arming, 'policy' | 'current' | 'touch' | 'armedBy'>;
	readonly locks: ObjectLocks;
	/** The open connection of a target. @throws AdapterError */
	resolve(target: string): Promise<LiveConnection>;
};

export function createRunner(options: RunnerOptions): Runner {
	const {clock, audit} = options;
	const current = createCurrentRemedy({clock, audit});
	const calls = createTimedCalls(options);
	const preflight = createPreflightLoop({...options, current, calls});
	const verifications = createVerifications({...options, current, calls});
	const proposal = createProposal({...options, current, calls, preflight});
	const receipts = createReceipts();
	const parts = {...options, current, calls, preflight, receipts, verifications};
	let closed = false;

	async function start({invalid, params, undoOf, ...proposed}: ProposedRemedy): Promise<void> {
		if (closed || isBusy(current.state.get())) return;
		const id = audit.newId();
		const run: RunContext = {...proposed, id, reads: new AbortController(), targetUser: undefined, server: undefined};
		const {action, target} = run;
		const remedy = createRemedy({id, action, target, params, undoOf, at: clock.monotonic()});
		current.replace(run, remedy);
		try {
			await current.track(proposal.open(run, remedy, invalid()));
		} catch (error) {
			current.refuse(run, messageOf(error), errorHint(error));
		}
		await current.refusalsRecorded();
	}

	function cancel(): void {
		const run = current.run();
		if (!run) return;
		current.step(run, {type: 'cancelled'});
		if (!current.inState(run, 'ready')) preflight.stop();
	}

	const propose: Runner['propose'] = (action, rows, params) => start(actionOnRows(action, rows, params));

	const undo: Runner['undo'] = async record => {
		const sent = receipts.find(record);
		if (sent) await start(undoOfSent(sent, receipts));
	};

	return {
		state: current.state,
		inProgress: current.inProgress,
		onEnd: current.onEnd,
		propose,
		async confirm(answer) {
			const run = current.run();
			if (!run) return;
			const after = current.step(run, {type: 'answered', answer}, 'ready');
			if (after?.state === 'confirmed') await current.track(executeRemedy(parts, run));
			await current.refusalsRecorded();
		},
		cancel,
		dismiss() {
			const remedy = current.state.get();
			if (remedy !== undefined && hasEnded(remedy)) current.state.set(undefined);
		},
		undo,
		async replan(latestRows) {
			const run = current.run();
			const remedy = current.state.get();
			if (!run || remedy?.id !== run.id || remedy.replanOffer === undefined) return;
			if (remedy.undoOf !== undefined) await undo(remedy.undoOf);
			else await propose(run.action, latestRows(remedy.replanOffer.rows), remedy.params);
		},
		sentActions: () => receipts.list(),
		async close() {
			closed = true;
			proposal.close();
			cancel();
			preflight.stop();
			verifications.close();
			await current.settled();
		},
	};
}

/** Another remedy cannot be started yet. */
const isBusy = (remedy: Remedy | undefined): boolean =>
	remedy !== undefined && !hasEnded(remedy) && !isSettling(remedy);

type ProposedRemedy = Pick<RunContext, 'action' | 'target' | 'rows' | 'preview'> & {
	readonly params: Params;
	/** The record that this undoes. */
	readonly undoOf?: string;
	/** Why the remedy cannot be previewed, or undefined. */
	invalid(): Refusal | undefined;
};

const actionOnRows = (action: Action, rows: readonly Row[], params: Params): ProposedRemedy => ({
	action,
	target: rows[0]?.target ?? '',
	rows,
	params,
	preview: context => action.preview(rows, params, context),
	invalid: () => validateProposal(action, rows, params),
});

const undoOfSent = (sent: SentRemedy, receipts: Receipts): ProposedRemedy => ({
	action: sent.action,
	target: sent.remedy.target,
	rows: [],
	params: sent.remedy.params,
	undoOf: sent.remedy.id,
	preview: context => previewUndo(sent, context),
	invalid() {
		const reason = receipts.whyNotUndoable(sent);
		return reason === undefined ? undefined : {kind: 'refused', reason, hint: 'nothing was sent'};
	},
});

/** Previews the undo of a remedy. @throws AdapterError `unsupported` when the action has no undo. */
async function previewUndo({action, remedy, receipt}: SentRemedy, context: ActionContext<unknown>): Promise<Preview> {
	if ('impossible' in action.undo) {
		throw new AdapterError('unsupported', action.undo.impossible, 'nothing was sent');
	}
	return action.undo.propose(remedy.preview.plan, receipt, context);
}
