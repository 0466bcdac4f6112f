import type {Audit} from '../audit/audit-log.ts';
import type {ArmedBy, AuditRecord} from '../audit/audit-record.ts';
import {messageOf} from '../errors.ts';
import {
	accessState,
	applyPolicyFile,
	armTarget,
	disarmTarget,
	expiredArmings,
	extendArming,
	nextArmingExpiry,
	type Policy,
	type PolicyFileState,
	type Refusal,
} from '../policy/policy.ts';
import type {TargetAttributes} from '../policy/rule-match.ts';
import type {Clock} from '../time/clock.ts';
import {createStore, type Store} from '../watch/store.ts';
import {type PolicySource, startPolicyReload} from './policy-reload.ts';
import {errorHint} from './remedy-failure.ts';

/** Which targets are armed now. Arming is recorded before it holds; it ends by itself. */
export type Arming = {
	readonly policy: Store<Policy>;
	/** @returns why it was not armed, or undefined when it is. */
	arm(target: string): Promise<Refusal | undefined>;
	disarm(target: string): Promise<void>;
	/** Something was done on the target: its idle time begins again. */
	touch(target: string): void;
	/** The record of the arming that holds now; undefined while the target is not armed. */
	armedBy(target: string): ArmedBy | undefined;
	/** The policy once the file of this machine was read again, and what is armed brought in line with it. Never rejects. */
	current(): Promise<Policy>;
	/** The wall clock was set by so many milliseconds. Forward, the machine may have slept for so long: nothing stays armed. */
	handleClockJump(byMs: number): void;
	close(): void;
};

export function createArming(options: {
	readonly clock: Clock;
	readonly audit: Pick<Audit, 'append'>;
	readonly policy: Policy;
	/** Read again while the console runs; without it the policy stays as it is. */
	readonly source?: PolicySource | undefined;
}): Arming {
	const {clock, audit} = options;
	const policy = createStore(options.policy);
	const recorded = new Map<string, ArmedBy>();
	let callOff = () => {};

	function schedule(): void {
		callOff();
		const at = nextArmingExpiry(policy.get());
		callOff = at === undefined ? () => {} : clock.after(Math.max(0, at - clock.monotonic()), endIdle);
	}

	function change(next: Policy): void {
		policy.set(next);
		schedule();
	}

	function endIdle(): void {
		for (const target of expiredArmings(policy.get(), clock.monotonic())) {
			policy.set(disarmTarget(policy.get(), target));
			void record(target, 'it was idle for too long');
		}
		schedule();
	}

	function disarmAll(note: string): void {
		for (const target of policy.get().armed.keys()) {
			change(disarmTarget(policy.get(), target));
			void record(target, note);
		}
	}

	function obey(read: PolicyFileState, places: ReadonlyMap<string, TargetAttributes>): void {
		const before = policy.get();
		const next = applyPolicyFile(before, read, places);
		if (isSamePolicy(next, before)) return;
		change(next);
		for (const target of next.armed.keys()) {
			if (accessState(next, target, clock.monotonic()).state === 'armed') continue;
			change(disarmTarget(policy.get(), target));
			void record(target, 'the policy file of this machine was changed');
		}
	}

	const following =
		options.source &&
		startPolicyReload({clock, source: options.source, was: options.policy.fileState.state !== 'none', obey});

	async function current(): Promise<Policy> {
		await following?.reload();
		return policy.get();
	}

	/** Less is allowed from now on whether this can be recorded or not. */
	const record = (target: string, note: string): Promise<unknown> =>
		audit.append({kind: 'disarm', target, note}).catch(() => {});

	return {
		policy,
		current,
		async arm(target) {
			const tried = armTarget(await current(), target, clock.monotonic());
			if ('kind' in tried) return tried;
			let written: AuditRecord;
			try {
				written = await audit.append({kind: 'arm', target});
			} catch (error) {
				return {kind: 'refused', reason: messageOf(error), hint: errorHint(error)};
			}
			// Asked again: while it was written another target may have been armed or disarmed.
			const armed = armTarget(policy.get(), target, clock.monotonic());
			if ('kind' in armed) return armed;
			const {id, ts, actor} = written;
			recorded.set(target, {record: id, ts, user: actor.user, ...(actor.uid === undefined ? {} : {uid: actor.uid})});
			change(armed);
			return undefined;
		},
		async disarm(target) {
			const next = disarmTarget(policy.get(), target);
			if (next === policy.get()) return;
			change(next);
			await record(target, 'by hand');
		},
		armedBy: target =>
			accessState(policy.get(), target, clock.monotonic()).state === 'armed' ? recorded.get(target) : undefined,
		touch: target => change(extendArming(policy.get(), target, clock.monotonic())),
		handleClockJump(byMs) {
			if (byMs > 0) disarmAll('the clock of this machine went forward, or the machine slept');
		},
		close() {
			following?.close();
			callOff();
		},
	};
}

/** What is read again mostly says the same. */
const isSamePolicy = (one: Policy, other: Policy): boolean =>
	JSON.stringify([one.fileState, [...one.limits]]) === JSON.stringify([other.fileState, [...other.limits]]);
