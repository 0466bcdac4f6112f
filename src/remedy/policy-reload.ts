import {messageOf} from '../errors.ts';
import type {PolicyFileState} from '../policy/policy.ts';
import type {TargetAttributes} from '../policy/rule-match.ts';
import type {Clock} from '../time/clock.ts';

/** Where the policy of the machine comes from while a console runs. */
export type PolicySource = {
	/** What the file says, the same value while it says the same; undefined when nothing is there. @throws Error when it cannot be used */
	read(): Promise<PolicyFileState | undefined>;
	/** What each target is by its settings now. */
	readTargetAttributes(): Promise<ReadonlyMap<string, TargetAttributes>>;
};

/** Reads the policy of the machine again and again. */
export type PolicyReloader = {
	/** Resolves when what the file says and what the targets are at this moment is obeyed. Never rejects. */
	reload(): Promise<void>;
	close(): void;
};

const everyMs = 2000;
/** What a target is changes seldom, and a kubeconfig may be long. Before an act it is looked at in any case. */
const readsPerAttributeRefresh = 30;

/**
 * Reads the file every two seconds and passes on what it says. A policy that is removed while a console runs is not one that allows
 * everything: only a start without a file is a start without a policy.
 */
export function startPolicyReload(options: {
	readonly clock: Clock;
	readonly source: PolicySource;
	/** There was a policy at the start. */
	readonly was: boolean;
	readonly obey: (read: PolicyFileState, places: ReadonlyMap<string, TargetAttributes>) => void;
}): PolicyReloader {
	const {clock, source, obey} = options;
	let {was} = options;
	let closed = false;
	let callOff = () => {};
	let looking: Promise<void> = Promise.resolve();
	let last:
		| {readonly read: PolicyFileState; readonly places: ReadonlyMap<string, TargetAttributes>; readonly looks: number}
		| undefined;

	async function readNow(): Promise<PolicyFileState> {
		const before = last?.read;
		try {
			const read = await source.read();
			if (read !== undefined) return read;
			return was ? unusable('it is missing now', before) : none;
		} catch (error) {
			// A mistake a line: the first is enough to know why nothing can be done.
			const [first = '', ...others] = messageOf(error).split('\n');
			return unusable(others.length === 0 ? first : `${first} (and ${others.length} more)`, before);
		}
	}

	/** A target whose place is not known is bound by every rule. */
	const placesNow = () => source.readTargetAttributes().catch(() => new Map<string, TargetAttributes>());

	async function once(fresh: boolean): Promise<void> {
		const read = await readNow();
		if (read.state !== 'none') was = true;
		const looks = (last?.looks ?? 0) + 1;
		const known = !fresh && last?.read === read && looks < readsPerAttributeRefresh ? last.places : undefined;
		const places = known ?? (read.state === 'read' ? await placesNow() : new Map<string, TargetAttributes>());
		const isSame = known !== undefined && last?.read === read;
		last = {read, places, looks: known === undefined ? 0 : looks};
		if (!closed && !isSame) obey(read, places);
	}

	/** One after the other, so that what is obeyed last was read last. */
	function look(fresh: boolean): Promise<void> {
		looking = looking.then(() => once(fresh));
		return looking;
	}

	const goOn = () => {
		if (!closed) callOff = clock.after(everyMs, () => void look(false).then(goOn));
	};
	goOn();
	return {
		reload: () => look(true),
		close() {
			closed = true;
			callOff();
		},
	};
}

const none: PolicyFileState = {state: 'none'};

/** The same value while the reason is the same. */
const unusable = (reason: string, before: PolicyFileState | undefined): PolicyFileState =>
	before?.state === 'unusable' && before.reason === reason ? before : {state: 'unusable', reason};
