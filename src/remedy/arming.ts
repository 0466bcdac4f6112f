import type {Audit} from '../audit/audit-log.ts';
import type {ArmedBy} from '../audit/audit-record.ts';
import type {TargetAttributes} from '../contract/target-attributes.ts';
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
import type {Clock} from '../time/clock.ts';
import {createStore, type Store} from '../watch/store.ts';
import {type PolicySource, startPolicyReload} from './policy-reload.ts';
import {errorHint} from './remedy-failure.ts';

/** Arms and disarms targets. An arming is recorded before it takes effect, and expires when the target is idle. */
export type Arming = {
	readonly policy: Store<Policy>;
	/** @returns why the target was not armed, or undefined when it is armed now */
	arm(target: string): Promise<Refusal | undefined>;
	disarm(target: string): Promise<void>;
	/** Restarts the idle time of an armed target. */
	touch(target: string): void;
	/** The audit record of the present arming; undefined while the target is not armed. */
	armedBy(target: string): ArmedBy | undefined;
	/** Reads the policy file of this machine again and disarms what it no longer allows. @returns the policy then. Never rejects. */
	current(): Promise<Policy>;
	/** Called when the wall clock was set by `byMs`. A step forward disarms all targets: the machine may have slept for that long. */
	handleClockJump(byMs: number): void;
	close(): void;
};

export function createArming(options: {
	readonly clock: Clock;
	readonly audit: Pick<Audit, 'append'>;
	readonly policy: Policy;
	/** Where the policy file is read from while the console runs; without it the policy never changes. */
	readonly source?: PolicySource | undefined;
}): Arming {
	const {clock, audit} = options;
	const policy = createStore(options.policy);
	const armings = new Map<string, ArmedBy>();
	const isArmed = (of: Policy, target: string) => accessState(of, target, clock.monotonic()).state === 'armed';

	/** The target is disarmed whether this can be recorded or not. */
	const recordDisarm = (target: string, note: string): Promise<unknown> =>
		audit.append({kind: 'disarm', target, note}).catch(() => {});
	const timer = createIdleTimer(clock, policy, target => void recordDisarm(target, 'it was idle for too long'));

	function change(next: Policy): void {
		policy.set(next);
		timer.reschedule();
	}

	function disarm(target: string, note: string): Promise<unknown> {
		change(disarmTarget(policy.get(), target));
		return recordDisarm(target, note);
	}

	function applyFile(file: PolicyFileState, attributes: ReadonlyMap<string, TargetAttributes>): void {
		const before = policy.get();
		const next = applyPolicyFile(before, file, attributes);
		if (isSamePolicy(next, before)) return;
		change(next);
		for (const target of next.armed.keys()) {
			if (!isArmed(next, target)) void disarm(target, 'the policy file of this machine was changed');
		}
	}

	const hadPolicy = options.policy.fileState.state !== 'none';
	const reloader = options.source && startPolicyReload({clock, source: options.source, hadPolicy, applyFile});

	async function current(): Promise<Policy> {
		await reloader?.reload();
		return policy.get();
	}

	return {
		policy,
		current,
		async arm(target) {
			const allowed = armTarget(await current(), target, clock.monotonic());
			if ('kind' in allowed) return allowed;
			const arming = await recordArming(audit, target);
			if ('kind' in arming) return arming;
			// From the present policy: another target may have been armed or disarmed while the record was written.
			const armed = armTarget(policy.get(), target, clock.monotonic());
			if ('kind' in armed) return armed;
			armings.set(target, arming);
			change(armed);
			return undefined;
		},
		async disarm(target) {
			if (disarmTarget(policy.get(), target) !== policy.get()) await disarm(target, 'by the user');
		},
		armedBy: target => (isArmed(policy.get(), target) ? armings.get(target) : undefined),
		touch: target => change(extendArming(policy.get(), target, clock.monotonic())),
		handleClockJump(byMs) {
			if (byMs <= 0) return;
			const note = 'the clock of this machine went forward, or the machine slept';
			for (const target of policy.get().armed.keys()) void disarm(target, note);
		},
		close() {
			reloader?.close();
			timer.cancel();
		},
	};
}

/** Disarms each target when its idle time is over. */
function createIdleTimer(clock: Clock, policy: Store<Policy>, onExpire: (target: string) => void) {
	let cancel = () => {};

	function reschedule(): void {
		cancel();
		const at = nextArmingExpiry(policy.get());
		cancel = at === undefined ? () => {} : clock.after(Math.max(0, at - clock.monotonic()), disarmExpired);
	}

	function disarmExpired(): void {
		for (const target of expiredArmings(policy.get(), clock.monotonic())) {
			policy.set(disarmTarget(policy.get(), target));
			onExpire(target);
		}
		reschedule();
	}

	return {reschedule, cancel: () => cancel()};
}

/** Appends the `arm` record. Never rejects. */
async function recordArming(audit: Pick<Audit, 'append'>, target: string): Promise<ArmedBy | Refusal> {
	try {
		const {id, ts, actor} = await audit.append({kind: 'arm', target});
		return {record: id, ts, user: actor.user, ...(actor.uid === undefined ? {} : {uid: actor.uid})};
	} catch (error) {
		return {kind: 'refused', reason: messageOf(error), hint: errorHint(error)};
	}
}

/** The file is read every two seconds and seldom changes. */
const isSamePolicy = (a: Policy, b: Policy): boolean =>
	JSON.stringify([a.fileState, [...a.limits]]) === JSON.stringify([b.fileState, [...b.limits]]);
