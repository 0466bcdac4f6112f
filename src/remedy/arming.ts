import type {Audit} from '../audit/log.ts';
import type {ArmedBy, AuditRecord} from '../audit/record.ts';
import {messageOf} from '../errors.ts';
import {arm, disarm, lapsed, nextLapse, type Policy, type Refusal, standing, touch} from '../policy/standing.ts';
import type {Clock} from '../poll/clock.ts';
import {createStore, type Store} from '../store.ts';
import {hintOf} from './trouble.ts';

/** Which targets are armed now. Arming is recorded before it holds; it ends by itself. */
export type Arming = {
	readonly policy: Store<Policy>;
	/** @returns why it was not armed, or undefined when it is. */
	arm(target: string): Promise<Refusal | undefined>;
	disarm(target: string): Promise<void>;
	/** Something was done on the target: its 10 minutes begin again. */
	touch(target: string): void;
	/** The record of the arming that holds now; undefined while the target is not armed. */
	armedBy(target: string): ArmedBy | undefined;
	/** The wall clock was set by so many milliseconds. Forward, the machine may have slept for so long: nothing stays armed. */
	clockSet(byMs: number): void;
	close(): void;
};

export function createArming(options: {
	readonly clock: Clock;
	readonly audit: Pick<Audit, 'append'>;
	readonly policy: Policy;
}): Arming {
	const {clock, audit} = options;
	const policy = createStore(options.policy);
	const recorded = new Map<string, ArmedBy>();
	let callOff = () => {};

	function schedule(): void {
		callOff();
		const at = nextLapse(policy.get());
		callOff = at === undefined ? () => {} : clock.after(Math.max(0, at - clock.monotonic()), endIdle);
	}

	function change(next: Policy): void {
		policy.set(next);
		schedule();
	}

	function endIdle(): void {
		for (const target of lapsed(policy.get(), clock.monotonic())) {
			policy.set(disarm(policy.get(), target));
			void record(target, 'it was idle for too long');
		}
		schedule();
	}

	function disarmAll(note: string): void {
		for (const target of policy.get().armed.keys()) {
			change(disarm(policy.get(), target));
			void record(target, note);
		}
	}

	/** Less is allowed from now on whether this can be recorded or not. */
	const record = (target: string, note: string): Promise<unknown> =>
		audit.append({kind: 'disarm', target, note}).catch(() => {});

	return {
		policy,
		async arm(target) {
			const tried = arm(policy.get(), target, clock.monotonic());
			if ('kind' in tried) return tried;
			let written: AuditRecord;
			try {
				written = await audit.append({kind: 'arm', target});
			} catch (error) {
				return {kind: 'refused', reason: messageOf(error), hint: hintOf(error)};
			}
			// Asked again: while it was written another target may have been armed or disarmed.
			const armed = arm(policy.get(), target, clock.monotonic());
			if ('kind' in armed) return armed;
			const {id, ts, actor} = written;
			recorded.set(target, {record: id, ts, user: actor.user, ...(actor.uid === undefined ? {} : {uid: actor.uid})});
			change(armed);
			return undefined;
		},
		async disarm(target) {
			const next = disarm(policy.get(), target);
			if (next === policy.get()) return;
			change(next);
			await record(target, 'by hand');
		},
		armedBy: target =>
			standing(policy.get(), target, clock.monotonic()).state === 'armed' ? recorded.get(target) : undefined,
		touch: target => change(touch(policy.get(), target, clock.monotonic())),
		clockSet(byMs) {
			if (byMs > 0) disarmAll('the clock of this machine went forward, or the machine slept');
		},
		close: () => callOff(),
	};
}
