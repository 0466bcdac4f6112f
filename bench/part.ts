import type {Figure} from './figure.ts';
import type {Programs} from './programs.ts';

/** One thing that is measured, under the name that `--only` takes. */
export type Part = {
	readonly name: string;
	/** `everywhere`: the short form measures it too. */
	readonly form: 'long' | 'everywhere';
	/**
	 * `alone`: it takes the time, so nothing else may run. `beside`: bytes and memory, which are the same whatever runs beside it;
	 * these are measured side by side.
	 */
	readonly place: 'alone' | 'beside';
	measure(programs: Programs, short: boolean): Promise<readonly Figure[]>;
};
