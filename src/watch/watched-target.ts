import type {System} from '../contract/system.ts';
import type {Target} from '../contract/target.ts';

/** One configured system and the declaration that knows how to read it. */
export type WatchedTarget = {readonly target: Target; readonly system: System};
