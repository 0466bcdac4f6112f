/** One line of the table. `must` is undefined for a figure without a limit. */
export type Figure = {
	readonly id: string;
	readonly title: string;
	readonly value: number;
	readonly unit: string;
	/** The most that it may be. */
	readonly must: number | undefined;
	/** How far its repetitions lie apart, or how it was come by. */
	readonly note: string;
	/** The same for plain Ink, where that makes sense. */
	readonly plain?: number;
	/** It is the same on a slow machine and on a busy one. */
	readonly everywhere: boolean;
};

export const isOk = ({value, must}: Figure): boolean => must === undefined || value <= must;

const rounded = (value: number): string =>
	!Number.isFinite(value)
		? 'never'
		: value >= 100
			? value.toFixed(0)
			: value >= 10
				? value.toFixed(1)
				: value.toFixed(2);

/** The table as a person reads it. */
export function tableOf(figures: readonly Figure[]): string {
	const lines = figures.map(figure => [
		figure.must === undefined ? '    ' : isOk(figure) ? 'ok  ' : 'FAIL',
		figure.title,
		`${rounded(figure.value)} ${figure.unit}`,
		figure.must === undefined ? '' : `<= ${figure.must}`,
		figure.plain === undefined ? '' : rounded(figure.plain),
		figure.note,
	]);
	const all = [['', 'figure', 'value', 'must', 'plain Ink', 'note'], ...lines];
	const widths = [0, 1, 2, 3, 4].map(column => Math.max(...all.map(line => line[column]?.length ?? 0)));
	return all
		.map(line =>
			line
				.map((cell, column) => cell.padEnd(widths[column] ?? 0))
				.join('  ')
				.trimEnd(),
		)
		.join('\n');
}

/** As it is written to the file: one line a figure for programs. */
export const recordOf = (figure: Figure) => ({
	id: figure.id,
	value: Number.isFinite(figure.value) ? Number(figure.value.toPrecision(4)) : null,
	unit: figure.unit,
	must: figure.must ?? null,
	ok: isOk(figure),
	...(figure.plain === undefined ? {} : {plain: Number(figure.plain.toPrecision(4))}),
	note: figure.note,
});

/** The value below which a share of the others lies. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** `12.1 to 15.8, 9 runs` */
export const spread = (values: readonly number[], unit: string): string =>
	`${rounded(Math.min(...values))} to ${rounded(Math.max(...values))} ${unit}, ${values.length} runs`;
