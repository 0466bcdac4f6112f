import type {DerivedValues} from '../../../src/port/kubernetes.ts';

/** Creates the derived values of one connection, and the function that drops them. */
export function createDerivedValues(): {readonly derived: DerivedValues; clear(): void} {
	const values = new Map<unknown, unknown>();
	return {
		derived: {
			get<T>(create: () => T): T {
				if (!values.has(create)) values.set(create, create());
				return values.get(create) as T;
			},
		},
		clear: () => values.clear(),
	};
}
