import {readFileSync} from 'node:fs';
import parsePrometheusTextFormat from 'parse-prometheus-text-format';
import {parseExposition, parseExpositionInSlices} from '../src/model/prometheus/exposition.ts';
import {familyLines} from '../src/model/prometheus/metrics-page.ts';
import {type Figure, median, spread} from './figure.ts';
import type {Part} from './part.ts';

/** Of real exporters. */
const sample = ['node-exporter.txt', 'prometheus.txt']
	.map(name => readFileSync(new URL(`../test/src/model/prometheus/__pages__/${name}`, import.meta.url), 'utf8'))
	.join('');

const megabytes = (characters: number): string => sample.repeat(Math.ceil(characters / sample.length));

/** Megabytes a second of each of several runs, the first ones not counted. */
function speeds(page: string, read: (page: string) => unknown): readonly number[] {
	const found: number[] = [];
	for (let run = 0; run < 25; run += 1) {
		const began = performance.now();
		read(page);
		const seconds = (performance.now() - began) / 1000;
		if (run >= 10) found.push(page.length / 1e6 / seconds);
	}
	return found;
}

/** The longest time that reading a page and putting it into lines keeps all else waiting, in milliseconds. */
function longestTurn(page: string): number {
	let longest = 0;
	const through = <T>(work: Generator<undefined, T>): T => {
		for (;;) {
			const began = performance.now();
			const step = work.next();
			longest = Math.max(longest, performance.now() - began);
			if (step.done) return step.value;
		}
	};
	through(familyLines(through(parseExpositionInSlices(page))));
	return longest;
}

/** Reading pages of metrics, beside the parser that most programs for Node use. */
export const expositionPart: Part = {name: 'exposition', form: 'long', place: 'alone', measure};

async function measure(): Promise<readonly Figure[]> {
	const page = megabytes(1e6);
	const ours = speeds(page, parseExposition);
	const theirs = speeds(page, parsePrometheusTextFormat);
	const turns = Array.from({length: 5}, () => longestTurn(megabytes(10e6)));
	return [
		{
			id: 'exposition-speed',
			title: 'reading a page of metrics of 1 MB',
			value: median(ours),
			unit: 'MB/s',
			must: undefined,
			note: spread(ours, 'MB/s'),
			everywhere: false,
		},
		{
			id: 'exposition-ratio',
			title: "our time over parse-prometheus-text-format's",
			value: median(theirs) / median(ours),
			unit: 'x',
			must: 1,
			note: `its speed ${spread(theirs, 'MB/s')}; it loses series of labelled histograms, ours loses none`,
			everywhere: false,
		},
		{
			id: 'exposition-turn',
			title: 'longest turn of a page of 10 MB',
			value: median(turns),
			unit: 'ms',
			must: 50,
			note: spread(turns, 'ms'),
			everywhere: false,
		},
	];
}
