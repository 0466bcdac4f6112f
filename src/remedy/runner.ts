import type {Audit} from '../audit/audit-log.ts';
import type {AuditEntry} from '../audit/audit-record.ts';
import {createObjectList} from '../audit/object-list.ts';
import type {Action, ActionContext, Preview} from '../contract/action.ts';
import type {Params} from '../contract/param.ts';
import type {Row} from '../contract/row.ts';
import {AdapterError, isAdapterError, messageOf} from '../errors.ts';
import type {DemandAnswer} from '../policy/demand.ts';
import {type Refusal, refusalFor} from '../policy/policy.ts';
import {sanitizeForRecord} from '../state/sanitize-record.ts';
import {type Clock, createElapsedTimer} from '../time/clock.ts';
import type {Store} from '../watch/store.ts';
import type {Arming} from './arming.ts';
import {createCurrentRemedy} from './current-remedy.ts';
import {assertStillHeld, lockObjects, releaseLock} from './lock-objects.ts';
import type {ObjectLocks} from './object-lock.ts';
import {freezePreview, hashPlan} from './plan.ts';
import {createPreflightLoop} from './preflight-loop.ts';
import {createReceipts, type Undoable} from './receipts.ts';
import {futileReason, intentEntry, remedyEntryFields} from './remedy-entries.ts';
import {errorHint, toRemedyFailure} from './remedy-failure.ts';
import {createRemedy, hasEnded, isInProgress, isSettling, type Remedy} from './remedy-state.ts';
import {findUnchangedRows} from './replan.ts';
import type {LiveConnection, RunContext} from './run-context.ts';
import {createTimedCalls} from './timed-calls.ts';
import {validateProposal} from './validate-proposal.ts';
import {type OutcomeWatch, watchOutcome} from './verification.ts';

/** One remedy at a time, beside those that were sent and settle. The only caller of `Action.run`. */
export type Runner = {
	/** The remedy in hand, also after it has ended; undefined before the first and after `dismiss`. */
	readonly state: Store<Remedy | undefined>;
	/** Confirmed, and not yet at their ends: those that settle while another is in hand, the oldest first, and the one in hand. */
	inProgress(): readonly Remedy[];
	/** Calls back with each remedy that was confirmed, when it has ended. Returns the way to stop. */
	onEnd(listener: (remedy: Remedy) => void): () => void;
	/**
	 * Begins a remedy and resolves when it waits for an answer or has ended. Never rejects. Does nothing while one is under way that was
	 * not yet sent and answered.
	 */
	propose(action: Action, rows: readonly Row[], params: Params): Promise<void>;
	/** Resolves when the remedy has ended, or at once when the answer did not meet the demand. Never rejects. */
	confirm(answer: DemandAnswer): Promise<void>;
	/** Until the intent is written. What was sent cannot be called back. */
	cancel(): void;
	/** Takes an ended remedy off the screen. */
	dismiss(): void;
	/**
	 * A remedy of its own, back from one that was sent in this session, also while that one settles: once this is sent, that one is not
	 * looked at any longer. Does nothing for a record that was not sent.
	 */
	undo(record: string): Promise<void>;
	/**
	 * A remedy of its own in the place of one that is stale, for what is there now: it is previewed, and waits for an answer of its own.
	 * `rowsNow` gives the rows as they were read last. Does nothing when the one in hand has no renewal.
	 */
	renew(rowsNow: (rows: readonly Row[]) => readonly Row[]): Promise<void>;
	/** Newest first. */
	undoable(): readonly Undoable[];
	/** Cancels what waits, and lets what was sent finish and be recorded. May be called twice. */
	close(): Promise<void>;
};

export type RunnerOptions = {
	readonly clock: Clock;
	readonly audit: Audit;
	readonly arming: Pick<Arming, 'policy' | 'current' | 'touch' | 'armedBy'>;
	readonly locks: ObjectLocks;
	/** The live connection of a target. @throws AdapterError */
	resolve(target: string): Promise<LiveConnection>;
};

const previewMs = 10_000;
const runMs = 30_000;
const verifyMs = 5000;

export function createRunner({clock, audit, arming, locks, resolve}: RunnerOptions): Runner {
	const hand = createCurrentRemedy({clock, audit});
	const asking = createTimedCalls({clock, audit, resolve});
	const checking = createPreflightLoop({clock, hand, asking, arming});
	const receipts = createReceipts();
	/** By the remedy that is looked at. */
	const looks = new Map<string, OutcomeWatch>();
	let closing = false;
	/** What waits for an answer is not offered any longer once the policy forbids it. */
	const stopPolicy = arming.policy.subscribe(() => {
		const job = hand.job();
		if (!job || !hand.inState(job, 'ready')) return;
		const no = refusalFor(arming.policy.get(), job.action.id, job.target, clock.monotonic());
		if (!no) return;
		checking.stop();
		refuse(job, no.reason, no.hint);
	});

	async function begin(job: RunContext, start: Remedy, refusal: Refusal | undefined): Promise<void> {
		const no = refusal ?? refusalFor(await arming.current(), job.action.id, job.target, clock.monotonic());
		if (no) {
			refuse(job, no.reason, no.hint);
			return;
		}
		arming.touch(job.target);
		hand.step(job, {type: 'preview-started'});
		try {
			const preview = freezePreview(await asking.read(job, {ms: previewMs, what: 'the preview'}, job.preview));
			if (preview.target !== job.target) throw new Error(`the preview is about ${preview.target}, not ${job.target}`);
			if (preview.locks.length === 0) throw new Error('the preview does not say what it changes');
			const hash = hashPlan(job.action.id, job.target, preview.plan);
			hand.step(job, {type: 'previewed', preview, hash});
			if (await isVain(job, start, preview.locks)) return;
		} catch (error) {
			const failure = toRemedyFailure(error);
			const renewal = failure.kind === 'conflict' ? await findUnchangedRows(asking, job, undefined) : undefined;
			hand.step(job, {type: 'preview-failed', failure, renewal});
		}
		await checking.checkOnce(job, 'checking');
		checking.keepChecking(job);
	}

	const refuse = (job: RunContext, reason: string, hint: string): void =>
		void hand.step(job, {type: 'refused', reason, hint});

	/** Refuses what was tried in vain too often, and what cannot be told for want of a record. */
	async function isVain(job: RunContext, remedy: Remedy, names: readonly string[]): Promise<boolean> {
		try {
			const vain = futileReason(await audit.recent(500), remedy, names, audit.ageOf);
			if (vain === undefined) return false;
			refuse(job, vain, 'look for another cause before it is tried again');
		} catch (error) {
			refuse(job, messageOf(error), errorHint(error));
		}
		return true;
	}

	/** From a demand that was met to the end. */
	async function carryOut(job: RunContext): Promise<void> {
		checking.stop();
		hand.step(job, {type: 'recheck-started'}, 'confirmed');
		const remedy = hand.inState(job, 'rechecking');
		if (!remedy) return;
		arming.touch(job.target);
		const about = `a console doing ${job.action.id}`;
		const held = await lockObjects(locks, {target: job.target, names: remedy.preview.locks, about});
		if (!('release' in held)) {
			refuse(job, held.reason, held.hint);
			return;
		}
		let answered: AuditEntry | undefined;
		try {
			const checkedMs = createElapsedTimer(clock);
			await checking.checkOnce(job, 'rechecking');
			answered = await send(job, () => assertStillHeld(held, checkedMs));
		} finally {
			await releaseLock(held);
		}
		if (answered === undefined) return;
		await tell(job, remedy, answered);
		await verify(job);
	}

	/** The looks at what was sent to the same object before. */
	const looksBefore = ({
		target,
		preview,
		undoOf,
	}: Remedy): readonly {readonly id: string; readonly looks: OutcomeWatch}[] =>
		hand.settling.get().flatMap(one => {
			const known = looks.get(one.id);
			const same = one.preview?.locks.some(name => preview?.locks.includes(name)) === true;
			const isBefore = one.id === undoOf || (one.target === target && same);
			return known !== undefined && isBefore ? [{id: one.id, looks: known}] : [];
		});

	/** Writes the intent, and only then sends. @returns what is to be told of the answer, or that there was none. */
	async function send(job: RunContext, lastLook: () => Promise<void>): Promise<AuditEntry | undefined> {
		const connection = await record(job);
		const remedy = hand.inState(job, 'running');
		if (!connection || !remedy) return undefined;
		const began = clock.monotonic();
		const before = looksBefore(remedy);
		for (const each of before) each.looks.pause();
		const supersede = (how: string) => {
			for (const each of before) {
				const what = each.id === remedy.undoOf ? 'its undo' : job.action.title;
				each.looks.supersede(`${what} ${how} sent before it showed`);
			}
		};
		try {
			const receipt = await asking.send(job, connection, {ms: runMs, what: job.action.title}, async context => {
				await lastLook();
				return job.action.run(remedy.preview.plan, context);
			});
			hand.step(job, {type: 'sent', receipt}, 'running');
			const sent = hand.inState(job, 'verifying');
			if (sent) receipts.add({action: job.action, remedy: sent, receipt, sentAt: clock.now()});
			supersede('was');
			return {kind: 'outcome', result: 'sent', receipt, took_ms: Math.round(clock.monotonic() - began)};
		} catch (error) {
			// Only an error by which the system says that it did nothing is a failure. After any other it may have been done.
			const harmless = isAdapterError(error) && error.harmless;
			const failure = toRemedyFailure(error);
			const renewal = {rows: job.rows, isPart: false};
			const end = hand.step(job, {type: 'run-failed', failure, harmless, renewal}, 'running');
			if (harmless) for (const each of before) each.looks.resume();
			else supersede('may have been');
			const result = end?.state === 'failed' || end?.state === 'stale' ? end.state : 'unknown';
			return {kind: 'outcome', result, error: failure, took_ms: Math.round(clock.monotonic() - began)};
		}
	}

	/** @returns the connection to send on, when the intent is on disk. */
	async function record(job: RunContext): Promise<LiveConnection | undefined> {
		const ready = hand.inState(job, 'intent');
		if (!ready) return undefined;
		try {
			const connection = await asking.connect(job);
			// Connecting may take seconds, in which the target may have been disarmed.
			const no = refusalFor(await arming.current(), job.action.id, job.target, clock.monotonic());
			if (no) {
				refuse(job, no.reason, no.hint);
				return undefined;
			}
			const {objects, touches} = ready.preview;
			const list = await createObjectList(sanitizeForRecord(objects ?? touches), (name, text) =>
				audit.saveFile(job.id, name, text),
			);
			const entry = intentEntry(ready, job, {armed: arming.armedBy(job.target), list});
			const {id, plan_hash: planHash = ''} = await audit.append(entry);
			hand.step(job, {type: 'intent-written', record: id, planHash}, 'intent');
			return connection;
		} catch (error) {
			refuse(job, `nothing was sent: ${messageOf(error)}`, errorHint(error));
			return undefined;
		}
	}

	async function verify(job: RunContext): Promise<void> {
		const remedy = hand.inState(job, 'verifying');
		if (!remedy) return;
		arming.touch(job.target);
		const {preview, receipt} = remedy;
		const looking = watchOutcome({
			clock,
			settleMs: job.action.settleMs,
			look: () =>
				asking.read(job, {ms: verifyMs, what: 'looking afterwards'}, context =>
					job.action.verify(preview.plan, receipt, context),
				),
			pending: seen => void hand.step(job, {type: 'looked', outcome: seen}, 'verifying'),
		});
		looks.set(job.id, looking);
		if (closing) looking.close();
		const outcome = await looking.end;
		looks.delete(job.id);
		const result = outcome.result === 'pending' ? 'unknown' : outcome.result;
		// Recorded first: that it could not be is told with its end.
		await tell(job, remedy, {kind: 'verify', result, locks: preview.locks, note: outcome.detail});
		hand.step(job, {type: 'looked', outcome}, 'verifying');
	}

	/** What came of it. The intent stands; that this could not be recorded is shown. */
	async function tell(job: RunContext, remedy: Remedy, entry: AuditEntry): Promise<void> {
		try {
			await audit.append({...remedyEntryFields(remedy, job), ...entry, of: remedy.id});
		} catch (error) {
			hand.step(job, {type: 'record-failed', message: messageOf(error)});
		}
	}

	const isBusy = (): boolean => {
		const remedy = hand.state.get();
		return closing || (remedy !== undefined && !hasEnded(remedy) && !isSettling(remedy));
	};

	async function start(
		about: Pick<RunContext, 'action' | 'target' | 'rows' | 'preview'>,
		params: Params,
		undoOf: string | undefined,
		refusal: () => Refusal | undefined,
	): Promise<void> {
		if (isBusy()) return;
		const job: RunContext = {
			...about,
			id: audit.newId(),
			reads: new AbortController(),
			who: undefined,
			server: undefined,
		};
		const {id, action, target} = job;
		const remedy = createRemedy({id, action, target, params, undoOf, at: clock.monotonic()});
		hand.replace(job, remedy);
		try {
			await hand.track(begin(job, remedy, refusal()));
		} catch (error) {
			refuse(job, messageOf(error), errorHint(error));
		}
		await hand.refusalsRecorded();
	}

	function cancel(): void {
		const job = hand.job();
		if (!job) return;
		hand.step(job, {type: 'cancelled'});
		if (!hand.inState(job, 'ready')) checking.stop();
	}

	const propose: Runner['propose'] = (action, rows, params) => {
		const target = rows[0]?.target ?? '';
		const preview = (context: ActionContext<unknown>) => action.preview(rows, params, context);
		const about = {action, target, rows, preview};
		return start(about, params, undefined, () => validateProposal(action, rows, params));
	};

	async function undo(record: string): Promise<void> {
		const sent = receipts.find(record);
		if (!sent) return;
		const {action, remedy, receipt} = sent;
		const preview = async (context: ActionContext<unknown>): Promise<Preview> => {
			if ('impossible' in action.undo) {
				throw new AdapterError('unsupported', action.undo.impossible, 'nothing was sent');
			}
			return action.undo.propose(remedy.preview.plan, receipt, context);
		};
		const about = {action, target: remedy.target, rows: [], preview};
		await start(about, remedy.params, record, () => {
			const reason = receipts.impossible(sent);
			return reason === undefined ? undefined : {kind: 'refused', reason, hint: 'nothing was sent'};
		});
	}

	return {
		state: hand.state,
		inProgress() {
			const inHand = hand.state.get();
			return inHand !== undefined && isInProgress(inHand) ? [...hand.settling.get(), inHand] : hand.settling.get();
		},
		onEnd: hand.onEnd,
		propose,
		async confirm(answer) {
			const job = hand.job();
			if (!job) return;
			const after = hand.step(job, {type: 'answered', answer}, 'ready');
			if (after?.state === 'confirmed') await hand.track(carryOut(job));
			await hand.refusalsRecorded();
		},
		cancel,
		dismiss() {
			const remedy = hand.state.get();
			if (remedy !== undefined && hasEnded(remedy)) hand.state.set(undefined);
		},
		undo,
		async renew(rowsNow) {
			const job = hand.job();
			const remedy = hand.state.get();
			if (!job || remedy?.id !== job.id || remedy.renewal === undefined) return;
			if (remedy.undoOf !== undefined) await undo(remedy.undoOf);
			else await propose(job.action, rowsNow(remedy.renewal.rows), remedy.params);
		},
		undoable: () => receipts.list(),
		async close() {
			closing = true;
			stopPolicy();
			cancel();
			checking.stop();
			for (const looking of looks.values()) looking.close();
			await hand.settled();
		},
	};
}
