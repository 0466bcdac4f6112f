import {type AdapterError, isAdapterError} from '../../src/errors.ts';
import type {ReadOf} from '../../src/port/kafka.ts';

/** Collects what was read of many things, and why the others were not. */
export type Gathering<K, V> = {
	take(value: V): void;
	fail(of: K, problem: AdapterError): void;
	/** A broker has answered, though with nothing to take. */
	answered(): void;
	/** @throws AdapterError the first problem, when no broker answered at all: then nothing is known, and an empty result would lie. */
	result(): ReadOf<K, V>;
};

export function gather<K, V>(): Gathering<K, V> {
	const read: V[] = [];
	const failed: {readonly of: K; readonly problem: string; readonly hint: string}[] = [];
	let first: AdapterError | undefined;
	let known = false;
	return {
		take(value) {
			known = true;
			read.push(value);
		},
		fail(of, problem) {
			first ??= problem;
			if (problem.harmless) known = true;
			failed.push({of, problem: problem.message, hint: problem.hint});
		},
		answered() {
			known = true;
		},
		result() {
			if (!known && first !== undefined) throw first;
			return {read, failed};
		},
	};
}

/** @throws what is no AdapterError: a mistake of ours must not pass for one of the broker's. */
export function problemOf(error: unknown): AdapterError {
	if (isAdapterError(error)) return error;
	throw error;
}
