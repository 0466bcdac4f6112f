import {setFlagsFromString} from 'node:v8';

/**
 * Keeps V8's space for young objects as small as it starts, a few MB. By itself it grows to 128 MB and stays there, half of what a console
 * takes that runs for weeks; most of what a read makes is gone by the next one, so that the small space is enough. The old space is left
 * as V8 likes it: held within a quarter or a half of what lives in it, it is collected so often that tens of thousands of new rows hold
 * up the screen for longer than 50 ms.
 */
export function limitYoungGeneration(): void {
	setFlagsFromString('--semi-space-growth-factor=1');
}

/** With the flags that a process begins with: code that is kept is taken again under the same flags only. */
export function withDefaultFlags<T>(work: () => T): T {
	setFlagsFromString('--semi-space-growth-factor=2');
	try {
		return work();
	} finally {
		limitYoungGeneration();
	}
}
