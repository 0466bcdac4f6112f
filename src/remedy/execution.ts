import type {Audit} from '../audit/audit-log.ts';
import type {AuditEntry} from '../audit/audit-record.ts';
import {createObjectList} from '../audit/object-list.ts';
import {isAdapterError, messageOf} from '../errors.ts';
import {refusalFor} from '../policy/policy.ts';
import {sanitizeForRecord} from '../state/sanitize-record.ts';
import {type Clock, createElapsedTimer} from '../time/clock.ts';
import type {Arming} from './arming.ts';
import type {CurrentRemedy} from './current-remedy.ts';
import {assertStillHeld, lockObjects, releaseLock} from './lock-objects.ts';
import type {ObjectLocks} from './object-lock.ts';
import type {PreflightLoop} from './preflight-loop.ts';
import type {Receipts} from './receipts.ts';
import {recordResult} from './record-result.ts';
import {intentEntry} from './remedy-entries.ts';
import {errorHint, toRemedyFailure} from './remedy-failure.ts';
import type {LiveConnection, RunContext} from './run-context.ts';
import type {TimedCalls} from './timed-calls.ts';
import type {Verifications} from './verifications.ts';

const runTimeoutMs = 30_000;

export type ExecutionParts = {
	readonly clock: Clock;
	readonly audit: Audit;
	readonly arming: Pick<Arming, 'current' | 'touch' | 'armedBy'>;
	readonly locks: ObjectLocks;
	readonly current: CurrentRemedy;
	readonly calls: TimedCalls;
	readonly preflight: PreflightLoop;
	readonly receipts: Receipts;
	readonly verifications: Verifications;
};

/**
 * The second stage of a remedy, from `confirmed` to its end: locks the objects, runs the last preflight, writes the intent, sends the plan,
 * records the answer, and verifies. The only caller of `Action.run`.
 */
export async function executeRemedy(parts: ExecutionParts, run: RunContext): Promise<void> {
	const {clock, audit, arming, locks, current, preflight, verifications} = parts;
	preflight.stop();
	current.step(run, {type: 'recheck-started'}, 'confirmed');
	const remedy = current.inState(run, 'rechecking');
	if (!remedy) return;
	arming.touch(run.target);
	const about = `a console running ${run.action.id}`;
	const lock = await lockObjects(locks, {target: run.target, names: remedy.preview.lockNames, about});
	if (!('release' in lock)) {
		current.refuse(run, lock.reason, lock.hint);
		return;
	}
	let answer: AuditEntry | undefined;
	try {
		const checkedMs = createElapsedTimer(clock);
		await preflight.checkOnce(run, 'rechecking');
		answer = await send(parts, run, () => assertStillHeld(lock, checkedMs));
	} finally {
		await releaseLock(lock);
	}
	if (answer === undefined) return;
	await recordResult({audit, current}, {run, remedy, entry: answer});
	await verifications.verify(run);
}

/** Writes the intent to disk. @returns the connection to send on, or undefined when the remedy was refused. */
async function writeIntent(
	{clock, audit, arming, current, calls}: ExecutionParts,
	run: RunContext,
): Promise<LiveConnection | undefined> {
	const ready = current.inState(run, 'intent');
	if (!ready) return undefined;
	try {
		const connection = await calls.connect(run);
		// Connecting may take seconds, in which the target may have been disarmed.
		const refusal = refusalFor(await arming.current(), run.action.id, run.target, clock.monotonic());
		if (refusal) {
			current.refuse(run, refusal.reason, refusal.hint);
			return undefined;
		}
		const {objects, touches} = ready.preview;
		const list = await createObjectList(sanitizeForRecord(objects ?? touches), (name, text) =>
			audit.saveFile(run.id, name, text),
		);
		const entry = intentEntry(ready, run, {armed: arming.armedBy(run.target), list});
		const {id, plan_hash: planHash = ''} = await audit.append(entry);
		current.step(run, {type: 'intent-written', record: id, planHash}, 'intent');
		return connection;
	} catch (error) {
		current.refuse(run, `nothing was sent: ${messageOf(error)}`, errorHint(error));
		return undefined;
	}
}

/** Writes the intent, and only then sends. @returns the entry that records the answer, or undefined when nothing was sent. */
async function send(
	parts: ExecutionParts,
	run: RunContext,
	beforeSending: () => Promise<void>,
): Promise<AuditEntry | undefined> {
	const {clock, current, calls, receipts, verifications} = parts;
	const connection = await writeIntent(parts, run);
	const remedy = current.inState(run, 'running');
	if (!connection || !remedy) return undefined;
	const startedAt = clock.monotonic();
	const tookMs = () => Math.round(clock.monotonic() - startedAt);
	const earlier = verifications.pauseEarlier(remedy);
	try {
		const limit = {timeoutMs: runTimeoutMs, what: run.action.title};
		const receipt = await calls.send(run, connection, limit, async context => {
			await beforeSending();
			return run.action.run(remedy.preview.plan, context);
		});
		current.step(run, {type: 'sent', receipt}, 'running');
		const sent = current.inState(run, 'verifying');
		if (sent) receipts.add({action: run.action, remedy: sent, receipt, sentAt: clock.now()});
		earlier.supersede('was');
		return {kind: 'outcome', result: 'sent', receipt, took_ms: tookMs()};
	} catch (error) {
		// Only an error by which the system says that it did nothing is a failure. After any other the plan may have been applied.
		const harmless = isAdapterError(error) && error.harmless;
		const failure = toRemedyFailure(error);
		const replanOffer = {rows: run.rows, isPart: false};
		const end = current.step(run, {type: 'run-failed', failure, harmless, replanOffer}, 'running');
		if (harmless) earlier.resume();
		else earlier.supersede('may have been');
		const result = end?.state === 'failed' || end?.state === 'stale' ? end.state : 'unknown';
		return {kind: 'outcome', result, error: failure, took_ms: tookMs()};
	}
}
