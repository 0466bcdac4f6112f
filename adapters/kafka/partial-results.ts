import {type AdapterError, isAdapterError} from '../../src/errors.ts';
import type {PartialResult} from '../../src/port/kafka.ts';

/** Collects what was read of many things, and why the others were not. */
export type PartialResultCollector<K, V> = {
	add(value: V): void;
	addFailure(of: K, problem: AdapterError): void;
	/** A broker has answered, though with nothing to take. */
	markAnswered(): void;
	/** @throws AdapterError the first problem, when no broker answered at all: then nothing is known, and an empty result would lie. */
	result(): PartialResult<K, V>;
};

export function collectPartial<K, V>(): PartialResultCollector<K, V> {
	const read: V[] = [];
	const failed: {readonly of: K; readonly problem: string; readonly hint: string}[] = [];
	let first: AdapterError | undefined;
	let known = false;
	return {
		add(value) {
			known = true;
			read.push(value);
		},
		addFailure(of, problem) {
			first ??= problem;
			if (problem.harmless) known = true;
			failed.push({of, problem: problem.message, hint: problem.hint});
		},
		markAnswered() {
			known = true;
		},
		result() {
			if (!known && first !== undefined) throw first;
			return {read, failed};
		},
	};
}

/** @throws what is no AdapterError: a mistake of ours must not pass for one of the broker's. */
export function toAdapterError(error: unknown): AdapterError {
	if (isAdapterError(error)) return error;
	throw error;
}
