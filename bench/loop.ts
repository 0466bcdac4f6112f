/** How long nothing else could run, and how much of that time was this process's own: the machine may have others to serve. */
export function watchLoop() {
	let before = performance.now();
	let used = process.cpuUsage();
	let [gap, ofIt, own] = [0, 0, 0];
	const timer = setInterval(() => {
		const {user, system} = process.cpuUsage(used);
		const [now, spent] = [performance.now(), (user + system) / 1000];
		if (now - before > gap) [gap, ofIt] = [now - before, spent];
		own = Math.max(own, spent);
		[before, used] = [now, process.cpuUsage()];
	}, 5);
	return {
		told() {
			clearInterval(timer);
			const ms = (value: number) => Number(value.toFixed(1));
			return {longestGapMs: ms(gap), ofItOwnProcessorMs: ms(ofIt), mostProcessorMsInOneGap: ms(own)};
		},
	};
}
