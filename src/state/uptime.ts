import type {Clock} from '../time/clock.ts';
import {linuxBoot} from './process-identity.ts';

/** A moment by a clock that cannot be set: the boot id, and milliseconds since that boot. */
export type Uptime = {readonly boot: string; readonly ms: number};

/** Returns a function that reads the uptime. Where the system has no boot id, `consoleId` takes its place. */
export function createUptime(clock: Clock, consoleId: () => string): () => Uptime {
	let boot: string | undefined;
	return () => {
		boot ??= linuxBoot() || consoleId();
		return {boot, ms: Math.round(clock.monotonic())};
	};
}

/**
 * Returns the minimum of milliseconds since a record was written, even if the wall clock was set in between: negative when it was set back. A
 * record of another boot has only the wall clock.
 */
export function minimumAge(
	{ts, up}: {readonly ts: string; readonly up?: Uptime | undefined},
	now: {readonly wall: number; readonly up: Uptime},
): number {
	const byWall = now.wall - Date.parse(ts);
	return up?.boot === now.up.boot ? Math.min(byWall, now.up.ms - up.ms) : byWall;
}
