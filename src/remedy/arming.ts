import type {Policy, Refusal} from '../policy.ts';
import type {Store} from '../store.ts';

/** Which targets are armed now. Arming is recorded before it holds; it ends by itself. */
export type Arming = {
	readonly policy: Store<Policy>;
	/** @returns why it was not armed, or undefined when it is. */
	arm(target: string): Promise<Refusal | undefined>;
	disarm(target: string): Promise<void>;
	/** Something was done on the target: its 10 minutes begin again. */
	touch(target: string): void;
	close(): void;
};
