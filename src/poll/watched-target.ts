import type {System, Target} from '../contract.ts';

/** One configured system and the declaration that knows how to read it. */
export type WatchedTarget = {readonly target: Target; readonly system: System};

/** Who the server is, and who it says we are. */
export type Identity = {readonly version: string; readonly who: string; readonly latencyMs: number};
