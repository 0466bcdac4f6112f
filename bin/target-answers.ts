import type {Watch} from '../src/watch/watch.ts';

/** Calls `listener` with each target that answers, for the first time or again after a failure. Returns the way to stop. */
export function onTargetAnswer(
	watch: Pick<Watch, 'readings' | 'subscribe'>,
	listener: (target: string) => void,
): () => void {
	let before: ReadonlySet<string> = new Set();
	return watch.subscribe(() => {
		const live = new Set(watch.readings().flatMap(({target, state}) => (state === 'live' ? [target] : [])));
		const added = [...live].filter(target => !before.has(target));
		before = live;
		for (const target of added) listener(target);
	});
}
