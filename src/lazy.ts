/** A function that creates a value at its first call and then returns the same one. An error is thrown and not remembered: the next call tries again. */
export function lazy<T>(create: () => T): () => T {
	let created: {readonly value: T} | undefined;
	return () => {
		created ??= {value: create()};
		return created.value;
	};
}

/** Something that is loaded once, at the first `load`: a library that the first frame does not need. */
export type Loadable<T> = {
	/** Callers at the same time share one load. After a failure the next call loads again. */
	load(): Promise<T>;
	/** Undefined until it is loaded. */
	loaded(): T | undefined;
};

export function lazyLoad<T>(start: () => Promise<T>): Loadable<T> {
	let loading: Promise<T> | undefined;
	let value: T | undefined;
	async function run(): Promise<T> {
		try {
			value = await start();
			return value;
		} catch (error) {
			loading = undefined;
			throw error;
		}
	}
	return {
		load() {
			loading ??= run();
			return loading;
		},
		loaded: () => value,
	};
}
