/* Loaded before the program by NODE_OPTIONS: on SIGUSR2 it does what MIDWATCH_E2E_FAULT names, as a mistake of ours would. */
const faults = {
	/** Painting anything that shows a time fails from now on; other code that formats a time does not. */
	view() {
		const {toISOString} = Date.prototype;
		Date.prototype.toISOString = function () {
			if (/\bat paint[A-Z]/.test(new Error('where from').stack)) throw new Error('e2e: it cannot be drawn');
			return toISOString.call(this);
		};
	},
	rejection() {
		void Promise.reject(new Error('e2e: uncaught'));
	},
	exception() {
		setTimeout(() => {
			throw new Error('e2e: uncaught');
		}, 0);
	},
};

process.on('SIGUSR2', () => faults[process.env.MIDWATCH_E2E_FAULT]?.());

/* A limit on the size of files simulates a full disk, which sends no signal. */
process.on('SIGXFSZ', () => {});
