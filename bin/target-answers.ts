import type {Watch} from '../src/watch/watch.ts';

/** Calls back with each target that answers, for the first time or again after it did not. Returns the way to stop. */
export function onTargetAnswer(
	watch: Pick<Watch, 'readings' | 'subscribe'>,
	tell: (target: string) => void,
): () => void {
	let before: ReadonlySet<string> = new Set();
	return watch.subscribe(() => {
		const now = new Set(watch.readings().flatMap(({target, state}) => (state === 'live' ? [target] : [])));
		const fresh = [...now].filter(target => !before.has(target));
		before = now;
		for (const target of fresh) tell(target);
	});
}
