import type {TargetAttributes} from '../contract/target-attributes.ts';
import {messageOf} from '../errors.ts';
import type {PolicyFileState} from '../policy/policy.ts';
import type {Clock} from '../time/clock.ts';

/** Where the policy of the machine is read from while a console runs. */
export type PolicySource = {
	/** The contents of the policy file, the same object while they are the same; undefined without a file. @throws Error when it cannot be used */
	read(): Promise<PolicyFileState | undefined>;
	/** The attributes of each target by its present settings. */
	readTargetAttributes(): Promise<ReadonlyMap<string, TargetAttributes>>;
};

/** Reads the policy file of the machine every two seconds. */
export type PolicyReloader = {
	/** Reads the file and the attributes of all targets now. Resolves when they are applied. Never rejects. */
	reload(): Promise<void>;
	close(): void;
};

const reloadIntervalMs = 2000;
/** Attributes of targets seldom change, and a kubeconfig may be long. Before an action they are read in any case. */
const readsPerAttributeRefresh = 30;

/**
 * Reads the policy file every two seconds and applies it when it has changed. A file that is removed while the console runs makes the policy
 * unusable, so that nothing is allowed: only a console that was started without a file has no policy.
 */
export function startPolicyReload(options: {
	readonly clock: Clock;
	readonly source: PolicySource;
	/** There was a policy file at the start. */
	readonly hadPolicy: boolean;
	readonly applyFile: (file: PolicyFileState, attributes: ReadonlyMap<string, TargetAttributes>) => void;
}): PolicyReloader {
	const {clock, source, applyFile} = options;
	let {hadPolicy} = options;
	let closed = false;
	let cancel = () => {};
	let reading: Promise<void> = Promise.resolve();
	let last:
		| {
				readonly file: PolicyFileState;
				readonly attributes: ReadonlyMap<string, TargetAttributes>;
				/** Reads of the file since the attributes were read. */
				readonly reads: number;
		  }
		| undefined;

	async function readFile(): Promise<PolicyFileState> {
		const before = last?.file;
		try {
			const file = await source.read();
			if (file !== undefined) return file;
			return hadPolicy ? unusable('it is missing now', before) : none;
		} catch (error) {
			// The message has one mistake on each line; the first says why nothing is allowed.
			const [first = '', ...others] = messageOf(error).split('\n');
			return unusable(others.length === 0 ? first : `${first} (and ${others.length} more)`, before);
		}
	}

	/** Every rule applies to a target without attributes. */
	const readAttributes = () => source.readTargetAttributes().catch(() => new Map<string, TargetAttributes>());

	async function readOnce(forceAttributes: boolean): Promise<void> {
		const file = await readFile();
		if (file.state !== 'none') hadPolicy = true;
		const reads = (last?.reads ?? 0) + 1;
		const isSame = !forceAttributes && last?.file === file && reads < readsPerAttributeRefresh;
		const cached = isSame ? last?.attributes : undefined;
		const attributes = cached ?? (file.state === 'read' ? await readAttributes() : new Map<string, TargetAttributes>());
		last = {file, attributes, reads: cached === undefined ? 0 : reads};
		if (!closed && cached === undefined) applyFile(file, attributes);
	}

	/** Reads are serialized, so that the last one applied is the last one read. */
	function read(forceAttributes: boolean): Promise<void> {
		reading = reading.then(() => readOnce(forceAttributes));
		return reading;
	}

	const schedule = () => {
		if (!closed) cancel = clock.after(reloadIntervalMs, () => void read(false).then(schedule));
	};
	schedule();
	return {
		reload: () => read(true),
		close() {
			closed = true;
			cancel();
		},
	};
}

const none: PolicyFileState = {state: 'none'};

/** Returns the same object while the reason is the same. */
const unusable = (reason: string, before: PolicyFileState | undefined): PolicyFileState =>
	before?.state === 'unusable' && before.reason === reason ? before : {state: 'unusable', reason};
