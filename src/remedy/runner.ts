import type {Audit} from '../audit/log.ts';
import type {Entry} from '../audit/record.ts';
import type {Action, ActionContext, Check, Params, Preview, Row, Target} from '../contract.ts';
import {AdapterError, isAdapterError, messageOf} from '../errors.ts';
import {type Answer, demandFor, permitted, type Refusal} from '../policy.ts';
import {bounded} from '../poll/bounded.ts';
import type {Clock} from '../poll/clock.ts';
import {createStore, type Store} from '../store.ts';
import type {Arming} from './arming.ts';
import {aboutRemedy, intentEntry, refuseEntry, vainReason} from './entry.ts';
import {type Change, hasEnded, proposed, type Remedy, type RemedyEvent, type RemedyState} from './machine.ts';
import type {ObjectLocks} from './object-lock.ts';
import {frozen, hashOf} from './plan.ts';
import {refuseProposal} from './proposal.ts';
import {createReceipts, type Undoable} from './receipts.ts';
import {reduce} from './reduce.ts';
import {hintOf, troubleOf} from './trouble.ts';
import {awaitOutcome} from './verification.ts';

export type Resolved = {
	readonly port: unknown;
	readonly target: Target;
	/** Who the system says we are. */
	readonly who?: string | undefined;
};

/** One remedy at a time. The only caller of `Action.run`. */
export type Runner = {
	/** The remedy in hand, also after it has ended; undefined before the first and after `dismiss`. */
	readonly state: Store<Remedy | undefined>;
	/**
	 * Begins a remedy and resolves when it waits for an answer or has ended. Never rejects. Does nothing while one is under way.
	 * `openedBy` is the key that was pressed for it.
	 */
	propose(
		action: Action,
		rows: readonly Row[],
		params: Params,
		options?: {readonly openedBy?: string | undefined},
	): Promise<void>;
	/** Resolves when the remedy has ended, or at once when the answer did not meet the demand. Never rejects. */
	confirm(answer: Answer): Promise<void>;
	/** Until the intent is written. What was sent cannot be called back. */
	cancel(): void;
	/** Takes an ended remedy off the screen. */
	dismiss(): void;
	/** A remedy of its own, back from one that was sent in this session. Does nothing for a record that was not. */
	undo(record: string, options?: {readonly openedBy?: string | undefined}): Promise<void>;
	/** Newest first. */
	undoable(): readonly Undoable[];
	/** Cancels what waits, and lets what was sent finish and be recorded. May be called twice. */
	close(): Promise<void>;
};

export type RunnerOptions = {
	readonly clock: Clock;
	readonly audit: Audit;
	readonly arming: Pick<Arming, 'policy' | 'touch'>;
	readonly locks: ObjectLocks;
	/** The live connection of a target. @throws AdapterError */
	resolve(target: string): Promise<Resolved>;
};

const previewMs = 10_000;
const checkMs = 5000;
const runMs = 30_000;
const recheckEveryMs = 2000;

/** What one remedy works with, beside its state. */
type Job = {
	readonly action: Action;
	readonly openedBy: string | undefined;
	/** Makes the preview, and makes it again to tell what changed. */
	preview(context: ActionContext<unknown>): Promise<Preview>;
	/** Given up when the remedy ends before it was sent. */
	readonly reads: AbortController;
	who: string | undefined;
};

type Late = {readonly ms: number; readonly what: string; readonly controller?: AbortController};

export function createRunner({clock, audit, arming, locks, resolve}: RunnerOptions): Runner {
	const state = createStore<Remedy | undefined>(undefined);
	const receipts = createReceipts();
	let stopChecking = () => {};
	let stopPause = () => {};
	let closing = false;
	/** What is under way; close() waits for it. */
	const flows = new Set<Promise<unknown>>();

	/** Takes the event to this remedy if it is still in hand and, when given, still in that state. Gives the remedy back if it is. */
	function step(job: Job, id: string, event: RemedyEvent, from?: RemedyState): Remedy | undefined {
		const before = state.get();
		if (before?.id !== id || (from !== undefined && before.state !== from)) return undefined;
		const after = reduce(before, event);
		state.set(after);
		if (!hasEnded(before) && hasEnded(after)) ended(job, after);
		return after;
	}

	function ended(job: Job, remedy: Remedy): void {
		stopChecking();
		job.reads.abort(new AdapterError('timeout', 'not waited for any longer', 'nothing to do'));
		const said = remedy.state === 'refused' || remedy.state === 'blocked' || remedy.state === 'stale';
		// Where a refusal cannot be recorded nothing is missing: nothing was done.
		if (said && remedy.startedAt === undefined) void track(audit.append(refuseEntry(remedy, job.who)).catch(() => {}));
	}

	function track<T>(flow: Promise<T>): Promise<T> {
		flows.add(flow);
		void flow.finally(() => flows.delete(flow));
		return flow;
	}

	const bound = <T>({ms, what, controller}: Late, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
		const late = () =>
			new AdapterError('timeout', `${what} took longer than ${ms / 1000} s`, 'look whether it answers');
		return bounded({clock, ms, late, ...(controller ? {controller} : {})}, work);
	};

	const contextOf = (id: string, {port, target}: Resolved, signal: AbortSignal): ActionContext<unknown> => ({
		signal,
		now: clock.now,
		port,
		target,
		record: id,
	});

	/** One read of the action, on the live connection. */
	const ask = <T>(
		job: Job,
		remedy: Remedy,
		late: Late,
		call: (context: ActionContext<unknown>) => Promise<T>,
	): Promise<T> => {
		// Its own controller, so that one read that is late does not give up the others.
		const controller = new AbortController();
		const giveUp = () => controller.abort(job.reads.signal.reason);
		if (job.reads.signal.aborted) giveUp();
		else job.reads.signal.addEventListener('abort', giveUp, {once: true});
		return bound({...late, controller}, async signal => {
			const resolved = await resolve(remedy.target);
			job.who = resolved.who ?? job.who;
			signal.throwIfAborted();
			return call(contextOf(remedy.id, resolved, signal));
		}).finally(() => job.reads.signal.removeEventListener('abort', giveUp));
	};

	async function begin(job: Job, start: Remedy, refusal: Refusal | undefined): Promise<void> {
		state.set(start);
		const {id, target} = start;
		const {action} = job;
		const no = permitted(arming.policy.get(), action.id, target, clock.now()) ?? refusal;
		if (no) {
			step(job, id, {type: 'refused', at: clock.now(), reason: no.reason, hint: no.hint});
			return;
		}
		arming.touch(target);
		step(job, id, {type: 'preview-started', at: clock.now()});
		try {
			const preview = frozen(await ask(job, start, {ms: previewMs, what: 'the preview'}, job.preview));
			if (preview.target !== target) throw new Error(`the preview is about ${preview.target}, not about ${target}`);
			const hash = hashOf(action.id, target, preview.plan);
			const refused = await refuseVain(start, preview.object);
			if (refused) step(job, id, {type: 'refused', at: clock.now(), reason: refused.reason, hint: refused.hint});
			else step(job, id, {type: 'previewed', at: clock.now(), preview, hash});
		} catch (error) {
			step(job, id, {type: 'preview-failed', at: clock.now(), trouble: troubleOf(error)});
		}
		await check(job, id, 'checking');
		keepChecking(job, id);
	}

	async function refuseVain(remedy: Remedy, object: string): Promise<Refusal | undefined> {
		try {
			const vain = vainReason(await audit.recent(500), remedy, object, clock.now());
			if (vain === undefined) return undefined;
			return {kind: 'refused', reason: vain, hint: 'look for another cause before it is tried again'};
		} catch (error) {
			return {kind: 'refused', reason: messageOf(error), hint: hintOf(error)};
		}
	}

	/** Looks at the target once, for a remedy in that state. What it brings when the remedy has gone on meanwhile is dropped. */
	async function check(job: Job, id: string, from: 'checking' | 'ready' | 'rechecking'): Promise<void> {
		const remedy = state.get();
		const preview = remedy?.preview;
		if (remedy?.id !== id || remedy.state !== from || !preview) return;
		try {
			const late = {ms: checkMs, what: 'checking'};
			const checks = await ask(job, remedy, late, context => job.action.preflight(preview.plan, context));
			const deed = {action: job.action.id, preview, openedBy: job.openedBy};
			const demand = demandFor(arming.policy.get(), deed, clock.now());
			const moved = checks.find(one => one.result === 'block' && one.moved);
			const changed = moved ? [await whatChanged(job, remedy, preview, moved)] : [];
			step(job, id, {type: 'checked', at: clock.now(), checks, demand, changed}, from);
		} catch (error) {
			step(job, id, {type: 'check-failed', at: clock.now(), trouble: troubleOf(error)}, from);
		}
	}

	async function whatChanged(job: Job, remedy: Remedy, shown: Preview, moved: Check): Promise<Change> {
		try {
			const now = await ask(job, remedy, {ms: checkMs, what: 'a second preview'}, job.preview);
			return {field: 'bound to', before: shown.bound, after: now.bound === shown.bound ? moved.detail : now.bound};
		} catch (error) {
			return {field: 'bound to', before: shown.bound, after: isAdapterError(error) ? error.message : moved.detail};
		}
	}

	function keepChecking(job: Job, id: string): void {
		if (state.get()?.id !== id || state.get()?.state !== 'ready') return;
		stopChecking = clock.after(recheckEveryMs, () => {
			void track(check(job, id, 'ready').then(() => keepChecking(job, id)));
		});
	}

	/** From a demand that was met to the end. */
	async function carryOut(job: Job, id: string): Promise<void> {
		stopChecking();
		const remedy = step(job, id, {type: 'recheck-started', at: clock.now()}, 'confirmed');
		if (remedy?.state !== 'rechecking') return;
		arming.touch(remedy.target);
		const {object} = remedy.preview;
		let unlock: () => void;
		try {
			const taken = locks.take(remedy.target, object, `a console doing ${job.action.id}`);
			if (typeof taken === 'string') {
				const reason = `${remedy.target}/${object} is held by ${taken}`;
				step(job, id, {type: 'refused', at: clock.now(), reason, hint: 'wait until it is done, and look again'});
				return;
			}
			unlock = taken;
		} catch (error) {
			const reason = `the lock on ${remedy.target}/${object} cannot be written: ${messageOf(error)}`;
			step(job, id, {
				type: 'refused',
				at: clock.now(),
				reason,
				hint: 'look whether the state directory can be written',
			});
			return;
		}
		try {
			await check(job, id, 'rechecking');
			await send(job, id);
		} finally {
			unlock();
		}
	}

	/** Writes the intent, and only then sends. */
	async function send(job: Job, id: string): Promise<void> {
		const ready = state.get();
		if (ready?.id !== id || ready.state !== 'intent') return;
		let connection: Resolved;
		try {
			connection = await bound({ms: checkMs, what: 'connecting'}, () => resolve(ready.target));
			const {id: record, plan_hash: planHash = ''} = await audit.append(intentEntry(ready, job.who));
			step(job, id, {type: 'intent-written', at: clock.now(), record, planHash});
		} catch (error) {
			const reason = `nothing was sent: ${messageOf(error)}`;
			step(job, id, {type: 'refused', at: clock.now(), reason, hint: hintOf(error)});
			return;
		}
		const remedy = state.get();
		if (remedy?.id !== id || remedy.state !== 'running') return;
		const began = clock.now();
		const took = () => ({took_ms: clock.now() - began});
		try {
			const receipt = await bound({ms: runMs, what: job.action.title}, signal =>
				job.action.run(remedy.preview.plan, contextOf(id, connection, signal)),
			);
			const sent = step(job, id, {type: 'sent', at: clock.now(), receipt});
			if (sent?.state === 'verifying') receipts.add({action: job.action, remedy: sent, receipt, sentAt: clock.now()});
			await record(job, remedy, {kind: 'outcome', result: 'sent', receipt, ...took()});
		} catch (error) {
			// Only an error by which the system says that it did nothing is a failure. After any other it may have been done.
			const harmless = isAdapterError(error) && error.harmless;
			const trouble = troubleOf(error);
			const end = step(job, id, {type: 'run-failed', at: clock.now(), trouble, harmless});
			const result = end?.state === 'failed' || end?.state === 'stale' ? end.state : 'unknown';
			await record(job, remedy, {kind: 'outcome', result, error: trouble, ...took()});
			return;
		}
		await verify(job, id);
	}

	async function verify(job: Job, id: string): Promise<void> {
		const remedy = state.get();
		if (remedy?.id !== id || remedy.state !== 'verifying') return;
		arming.touch(remedy.target);
		const {preview, receipt} = remedy;
		const outcome = await awaitOutcome({
			clock,
			settleMs: job.action.settleMs,
			look: () =>
				ask(job, remedy, {ms: checkMs, what: 'looking afterwards'}, context =>
					job.action.verify(preview.plan, receipt, context),
				),
			pending: seen => void step(job, id, {type: 'looked', at: clock.now(), outcome: seen}),
			pause,
		});
		step(job, id, {type: 'looked', at: clock.now(), outcome});
		const result = outcome.result === 'pending' ? 'unknown' : outcome.result;
		await record(job, remedy, {kind: 'verify', result, note: outcome.detail});
	}

	async function record(job: Job, remedy: Remedy, entry: Entry): Promise<void> {
		try {
			await audit.append({...aboutRemedy(remedy, job.who), ...entry, of: remedy.id});
		} catch (error) {
			step(job, remedy.id, {type: 'record-failed', at: clock.now(), message: messageOf(error)});
		}
	}

	function pause(ms: number): Promise<boolean> {
		return new Promise(done => {
			const callOff = clock.after(ms, () => done(!closing));
			stopPause = () => {
				callOff();
				done(false);
			};
			if (closing) stopPause();
		});
	}

	const isBusy = (): boolean => {
		const remedy = state.get();
		return closing || (remedy !== undefined && !hasEnded(remedy));
	};

	let inHand: Job | undefined;

	async function start(
		job: Omit<Job, 'reads' | 'who'>,
		about: {readonly target: string; readonly params: Params; readonly undoOf?: string},
		refusal: Refusal | undefined,
	): Promise<void> {
		if (isBusy()) return;
		const fresh: Job = {...job, reads: new AbortController(), who: undefined};
		inHand = fresh;
		const remedy = proposed({...about, id: audit.newId(), action: job.action, at: clock.now()});
		await track(begin(fresh, remedy, refusal));
		await Promise.all(flows);
	}

	return {
		state,
		async propose(action, rows, params, options) {
			const target = rows[0]?.target ?? '';
			const preview = (context: ActionContext<unknown>) => action.preview(rows, params, context);
			const refusal = refuseProposal(action, rows, params);
			await start({action, openedBy: options?.openedBy, preview}, {target, params}, refusal);
		},
		async confirm(answer) {
			const job = inHand;
			const id = state.get()?.id;
			if (!job || id === undefined) return;
			const after = step(job, id, {type: 'answered', at: clock.now(), answer}, 'ready');
			if (after?.state === 'confirmed') await track(carryOut(job, id));
			await Promise.all(flows);
		},
		cancel() {
			const id = state.get()?.id;
			if (inHand && id !== undefined) step(inHand, id, {type: 'cancelled', at: clock.now()});
		},
		dismiss() {
			if (!isBusy()) state.set(undefined);
		},
		async undo(recordId, options) {
			const sent = receipts.find(recordId);
			if (!sent) return;
			const {action, remedy, receipt} = sent;
			const {undo} = action;
			const impossible = receipts.impossible(sent);
			const preview = async (context: ActionContext<unknown>): Promise<Preview> => {
				if ('impossible' in undo) throw new AdapterError('unsupported', undo.impossible, 'there is no way back');
				return undo.propose(remedy.preview.plan, receipt, context);
			};
			const refusal: Refusal | undefined =
				impossible === undefined
					? undefined
					: {kind: 'refused', reason: impossible, hint: 'there is no way back by a key'};
			const about = {target: remedy.target, params: remedy.params, undoOf: recordId};
			await start({action, openedBy: options?.openedBy, preview}, about, refusal);
		},
		undoable: () => receipts.list(),
		async close() {
			closing = true;
			const id = state.get()?.id;
			if (inHand && id !== undefined) step(inHand, id, {type: 'cancelled', at: clock.now()});
			stopChecking();
			stopPause();
			await Promise.allSettled(flows);
		},
	};
}
