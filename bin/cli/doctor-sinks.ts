import {createAuditSink} from '../../adapters/outbound/sink.ts';
import {createDeliveryCursor, readLogEnd} from '../../src/audit/delivery-cursor.ts';
import type {NamedSink} from '../../src/config/audit-sinks.ts';
import {isAdapterError, messageOf} from '../../src/errors.ts';
import {cleanLine} from '../../src/text/clean.ts';

const patienceMs = 5000;

type CheckResult = {readonly lines: readonly string[]; readonly code: 0 | 1};

/**
 * Whether each sink can be reached, by sending it nothing, and how far it has taken the log.
 * @returns code 1: a required one cannot be reached.
 */
export async function checkSinks(sinks: readonly NamedSink[], stateDir: string, dir: string): Promise<CheckResult> {
	const found = await Promise.all(sinks.map(sink => checkSink(sink, stateDir, dir)));
	return {lines: found.flatMap(({lines}) => lines), code: found.some(({code}) => code === 1) ? 1 : 0};
}

async function checkSink(named: NamedSink, stateDir: string, dir: string): Promise<CheckResult> {
	const {name, destination: where, required, byPolicy, include, settings} = named;
	const what = [
		required ? 'required' : 'not required',
		...(byPolicy ? ['by the policy of this machine'] : []),
		include.length === 0 ? 'ids and hashes only' : `with ${include.join(', ')}`,
	];
	const head = cleanLine(`copies to ${name}, ${settings.kind} at ${where}, ${what.join(', ')}`);
	const taken = await createDeliveryCursor(stateDir, name).read();
	const end = await readLogEnd(dir).catch(() => undefined);
	// How many wait is not known when the log cannot be read.
	const waiting = taken && end && `, ${Math.max(0, end.seq - taken.seq)} wait`;
	const far =
		taken === undefined ? '  has taken nothing yet' : `  has taken all up to record ${taken.seq}${waiting ?? ''}`;
	try {
		const sink = createAuditSink(settings);
		await sink.send([], AbortSignal.timeout(patienceMs)).finally(() => sink.close());
		return {lines: [head, far, '  can be reached'], code: 0};
	} catch (error) {
		const hint = isAdapterError(error) ? [`    ${cleanLine(error.hint)}`] : [];
		const consequence = required ? 'nothing can be changed until it can, but by break-glass' : 'records wait';
		const line = cleanLine(`  cannot be reached: ${messageOf(error)}; ${consequence}`);
		return {lines: [head, far, line, ...hint], code: required ? 1 : 0};
	}
}
