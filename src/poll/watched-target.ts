import type {System, Target} from '../contract.ts';

/** One configured system and the declaration that knows how to read it. */
export type WatchedTarget = {readonly target: Target; readonly system: System};
