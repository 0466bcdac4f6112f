import type {Clock} from '../time/clock.ts';
import {linuxBoot} from './process-identity.ts';

/** A moment by the time that cannot be set: which boot of which machine, and milliseconds since then. */
export type Uptime = {readonly boot: string; readonly ms: number};

/** Reads the time of this boot. Where the system has no id for a boot, that of the console takes its place. */
export function createUptime(clock: Clock, console: () => string): () => Uptime {
	let boot: string | undefined;
	return () => {
		boot ??= linuxBoot() || console();
		return {boot, ms: Math.round(clock.monotonic())};
	};
}

/**
 * The least milliseconds that have passed since something was recorded, whatever was done to the wall clock meanwhile: negative when that was
 * set back. Of another boot only the wall clock tells.
 */
export function minimumAge(
	{ts, up}: {readonly ts: string; readonly up?: Uptime | undefined},
	now: {readonly wall: number; readonly up: Uptime},
): number {
	const byWall = now.wall - Date.parse(ts);
	return up?.boot === now.up.boot ? Math.min(byWall, now.up.ms - up.ms) : byWall;
}
