import {setFlagsFromString} from 'node:v8';

/**
 * Limits V8's young generation to its initial size, a few MB. By default it grows to 128 MB and stays there, half of the memory of a console
 * that runs for weeks; most objects of one read are garbage by the next one, so the small size is enough. The old generation keeps V8's
 * defaults: when limited to a quarter or a half more than its live objects, it is collected so often that tens of thousands of new rows hold
 * the screen for more than 50 ms.
 */
export function limitYoungGeneration(): void {
	setFlagsFromString('--semi-space-growth-factor=1');
}

/** Runs `work` with the V8 flags of a fresh process: V8 accepts a code cache only under the flags it was created with. */
export function withDefaultFlags<T>(work: () => T): T {
	setFlagsFromString('--semi-space-growth-factor=2');
	try {
		return work();
	} finally {
		limitYoungGeneration();
	}
}
