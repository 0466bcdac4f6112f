import {setFlagsFromString} from 'node:v8';

/**
 * Keeps V8's heap near what it holds. By itself the space for young objects grows to 128 MB and stays there, half of what a console takes that
 * runs for weeks, and the old space is collected only when it is twice to four times what lives in it: most of what a read makes is gone by
 * the next one, so that a small young space and a quarter more of old space are enough.
 */
export function keepHeapSmall(): void {
	setFlagsFromString('--semi-space-growth-factor=1');
	setFlagsFromString('--heap-growing-percent=25');
}

/** With the flags that a process begins with: code that is kept is taken again under the same flags only. */
export function withUsualFlags<T>(work: () => T): T {
	setFlagsFromString('--semi-space-growth-factor=2');
	setFlagsFromString('--heap-growing-percent=0');
	try {
		return work();
	} finally {
		keepHeapSmall();
	}
}
