import {PerformanceObserver} from 'node:perf_hooks';

/** How long nothing else could run, how much of that this thread worked itself (the machine may have others to serve), and the longest collection. */
export function watchLoop() {
	let before = performance.now();
	let used = process.threadCpuUsage();
	let [gap, ofIt, own, collection] = [0, 0, 0, 0];
	const collections = new PerformanceObserver(list => {
		for (const {duration} of list.getEntries()) collection = Math.max(collection, duration);
	});
	collections.observe({entryTypes: ['gc']});
	const timer = setInterval(() => {
		const {user, system} = process.threadCpuUsage(used);
		const [now, spent] = [performance.now(), (user + system) / 1000];
		if (now - before > gap) [gap, ofIt] = [now - before, spent];
		own = Math.max(own, spent);
		[before, used] = [now, process.threadCpuUsage()];
	}, 5);
	return {
		report() {
			clearInterval(timer);
			collections.disconnect();
			const ms = (value: number) => Number(value.toFixed(1));
			return {
				longestGapMs: ms(gap),
				ofItOwnProcessorMs: ms(ofIt),
				mostProcessorMsInOneGap: ms(own),
				longestCollectionMs: ms(collection),
			};
		},
	};
}
