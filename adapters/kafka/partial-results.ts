import {type AdapterError, isAdapterError} from '../../src/errors.ts';
import type {PartialResult} from '../../src/port/kafka.ts';

/** Collects a partial result: the items that were read, and the errors of the others. */
export type PartialResultCollector<K, V> = {
	add(value: V): void;
	addFailure(of: K, problem: AdapterError): void;
	/** Records that a broker answered, even without an item. */
	markAnswered(): void;
	/** Returns what was read. @throws AdapterError the first problem when no broker answered: an empty result would look like an empty cluster. */
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

/** Returns an AdapterError as it is. @throws any other error: a bug of ours must not look like an error of the broker. */
export function toAdapterError(error: unknown): AdapterError {
	if (isAdapterError(error)) return error;
	throw error;
}
