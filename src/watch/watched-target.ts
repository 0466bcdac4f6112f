import type {System} from '../contract/system.ts';
import type {Target} from '../contract/target.ts';

/** A configured target and the declaration of its system. */
export type WatchedTarget = {readonly target: Target; readonly system: System};
